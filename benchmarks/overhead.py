"""What `trady2 train` costs beyond the work itself, on a tiny data set: direct, on a running server, and cold.

The work itself is the second run of the same flow inside one warm process. Prints one JSON line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

TARGET = {"horizon_steps": 6, "return_threshold": 0.003}
WARM = """
import sys, time
from flows.train_model import train_model_flow
train_model_flow(sys.argv[1], actor="bench")
begin = time.perf_counter()
train_model_flow(sys.argv[1], actor="bench")
print(time.perf_counter() - begin)
"""


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Return the wall time of a whole command."""
    begin = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - begin


def best(command: list[str], environment: dict[str, str], repeats: int = 3) -> float:
    """Return the shortest of a few runs: what the machine's other load added the least to."""
    return min(seconds(command, environment) for _ in range(repeats))


def tiny(folder: Path) -> str:
    """Build the vectors of 3,000 simulated bars and return the configuration's path."""
    from flows.build_features import build_features_flow
    from flows.import_bars import import_bars_flow
    from trady2.data.simulation import simulate_bars

    simulate_bars(3_000, seed=1, edge=0.2).to_csv(folder / "SIM-USD.csv", index=False)
    config = {
        "target": TARGET,
        "data": {"bars": str(folder / "bars"), "vectors": str(folder / "vectors")},
        "model": {"max_rounds": 30, "min_data_in_leaf": 50},
    }
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(config), "utf-8")
    import_bars_flow([str(folder / "SIM-USD.csv")], bars=str(folder / "bars"))
    build_features_flow(str(file))
    return str(file)


def main() -> None:
    """Measure the three ways and print them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.update(BENTOML_HOME=f"{folder}/bentoml", TRADY2_HOME=f"{folder}/trady2")
        os.environ.pop("PREFECT_API_URL", None)
        config = tiny(folder)
        python, environment = sys.executable, dict(os.environ)
        train = [python, "-m", "flows.cli", "train", "--config", config, "--json"]
        work = float(subprocess.run([python, "-c", WARM, config], check=True, capture_output=True, text=True).stdout)
        direct = best(train, environment)
        imports = "import flows.cli, flows.train_model, trady2.reports.report_html, trady2.backtest.engine"
        figures = {
            "benchmark": "overhead",
            "work_seconds": work,
            "python_start_seconds": best([python, "-c", "pass"], environment),
            "command_line_import_seconds": best([python, "-c", "import flows.cli"], environment),
            "all_imports_seconds": best([python, "-c", imports], environment),
            "direct_overhead_seconds": direct - work,
        }
        cold = {**environment, "TRADY2_HOME": f"{folder}/cold", "PREFECT_HOME": f"{folder}/cold/prefect"}
        figures["embedded_cold_overhead_seconds"] = seconds([*train, "--prefect"], cold) - work
        figures["running_server_overhead_seconds"] = on_running_server(train, environment) - work
        print(
            json.dumps({key: round(value, 3) if isinstance(value, float) else value for key, value in figures.items()})
        )


def on_running_server(train: list[str], environment: dict[str, str]) -> float:
    """Return the wall time of the command against a server that is up."""
    from flows.console import Console
    from flows.server import private_server, quiet_environment

    with private_server(Console(quiet=True)) as url:
        return best(train, {**environment, **quiet_environment(), "PREFECT_API_URL": url})


if __name__ == "__main__":
    main()
