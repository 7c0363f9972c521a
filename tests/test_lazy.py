"""Names that load when they are used."""

import subprocess
import sys

import pytest

import trady2.data

HEAVY = {"pandas", "lightgbm", "numba", "bentoml", "plotly", "talib", "scipy", "prefect"}


def test_importing_a_package_loads_nothing_heavy() -> None:
    """The faces of all packages import without pandas, LightGBM, numba, BentoML or plotly."""
    packages = ["data", "features", "backtest", "learning", "registry", "reports", "serving", "stats"]
    code = "import sys\n" + "\n".join(f"import trady2.{name}" for name in packages)
    code += f"\nprint(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_lists_the_known() -> None:
    """A misspelt public name says which there are."""
    with pytest.raises(AttributeError, match=r"'trady2.data' has no name 'import_bar'; it has .*import_bars"):
        _ = trady2.data.import_bar


def test_public_names_are_listed() -> None:
    """dir() shows the public names before they are loaded."""
    assert {"import_bars", "simulate_bars"} <= set(dir(trady2.data))
