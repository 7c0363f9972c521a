"""Configuration: what is accepted, and what a fault says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from trady2.config import BacktestConfig, Config, ModelConfig, SplitConfig, TargetConfig, load_config
from trady2.errors import ConfigError, NotFoundError

ROOT = Path(__file__).parents[1]
SMALL = {"target": {"horizon_steps": 12, "return_threshold": 0.01}}


def written(folder: Path, text: str) -> Path:
    """Write *text* as a configuration file."""
    file = folder / "ml.yaml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("file", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda file: file.name)
def test_every_shipped_file_is_valid(file: Path) -> None:
    """Each file in configs/ loads."""
    assert load_config(file).name


def test_the_example_names_every_key() -> None:
    """Whoever reads ml.example.yaml has seen every key there is."""
    example = yaml.safe_load((ROOT / "configs" / "ml.example.yaml").read_text("utf-8"))
    sections = {name: field.annotation for name, field in Config.model_fields.items() if name in example}
    assert set(example) == set(Config.model_fields)
    for name, kind in sections.items():
        if hasattr(kind, "model_fields"):
            missing = set(kind.model_fields) - set(example[name]) - {"calendar"}
            assert not missing, f"{name}: {missing}"


def test_the_example_states_the_defaults() -> None:
    """A value in ml.example.yaml that is no example is the default."""
    lines = (ROOT / "configs" / "ml.example.yaml").read_text("utf-8").splitlines()
    plain = "\n".join(line for line in lines if "# example" not in line and "hold_bars" not in line)
    stated = Config.read({**yaml.safe_load(plain), **SMALL}, source="example")
    assert stated == Config(**SMALL)


def test_the_signal_weighs_both_ways_unless_told_otherwise() -> None:
    """The expected return is the default, the probability can be had, and nothing else."""
    assert (ModelConfig().signal, ModelConfig(signal="probability").signal) == ("expected_return", "probability")
    with pytest.raises(ConfigError, match=r"signal = 'net_return' is refused: .*'expected_return' or 'probability'"):
        ModelConfig(signal="net_return")


def test_hold_follows_the_horizon() -> None:
    """Without hold_bars a trade is held as long as the model looks ahead."""
    assert Config(**SMALL).backtest.hold_bars == 12


def test_one_calendar_serves_all_sections() -> None:
    """bars.calendar reaches target and backtest, unless one says otherwise."""
    config = Config(target={**SMALL["target"]}, bars={"calendar": "sessions"})
    assert (config.target.calendar, config.backtest.calendar) == ("sessions", "sessions")


def test_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt key is refused together with the right one."""
    file = written(tmp_path, "target: {horizon_step: 12, horizon_steps: 12, return_threshold: 0.01}")
    with pytest.raises(ConfigError, match=r"unknown key 'target.horizon_step': did you mean 'horizon_steps'\?"):
        load_config(file)


def test_unknown_section_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt section is refused together with the right one."""
    file = written(tmp_path, "target: {horizon_steps: 12, return_threshold: 0.01}\nmodle: {}")
    with pytest.raises(ConfigError, match=r"unknown key 'modle': did you mean 'model'\?"):
        load_config(file)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Two faults need one look, not two."""
    file = written(tmp_path, "target: {horizon_steps: 0, return_threshold: '1 %'}")
    with pytest.raises(ConfigError, match=r"horizon_steps = 0 is .* target.return_threshold = '1 %'") as caught:
        load_config(file)
    assert {"target.horizon_steps", "target.return_threshold"} < set(caught.value.keys)


def test_missing_file_says_where_to_begin(tmp_path: Path) -> None:
    """A path that leads nowhere names the example to copy."""
    with pytest.raises(NotFoundError, match=r"none\.yaml does not exist; copy configs/ml\.example\.yaml"):
        load_config(tmp_path / "none.yaml")


@pytest.mark.parametrize("text", ["", "- a\n- b", "just words"])
def test_a_file_without_sections_is_refused(tmp_path: Path, text: str) -> None:
    """YAML that is no mapping is no configuration."""
    with pytest.raises(ConfigError, match="holds no sections"):
        load_config(written(tmp_path, text))


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Plain YAML silently takes the second; we do not."""
    with pytest.raises(ConfigError, match="'seed' stands twice"):
        load_config(written(tmp_path, "seed: 1\nseed: 2"))


def test_yaml_cannot_run_code(tmp_path: Path) -> None:
    """A tag that builds a Python object is refused."""
    with pytest.raises(ConfigError, match="no readable YAML"):
        load_config(written(tmp_path, "seed: !!python/object/apply:os.getpid []"))


@pytest.mark.parametrize("value", [-1.0, 10_000.0, float("nan"), float("inf")])
def test_impossible_fees_are_refused(value: float) -> None:
    """A fee is a finite number from 0 to below 100 %."""
    with pytest.raises(ConfigError, match=r"fee_bps = .* is refused"):
        BacktestConfig(hold_bars=1, fee_bps=value)


@pytest.mark.parametrize("key", ["is_unbalance", "scale_pos_weight", "linear_tree", "use_quantized_grad"])
def test_parameters_that_spoil_probabilities_are_refused(key: str) -> None:
    """LightGBM's options that distort probabilities or depend on threads say why they are refused."""
    with pytest.raises(ConfigError, match=f"{key} is refused: it .*; remove it"):
        ModelConfig(**{key: True})


def test_a_grid_names_keys_of_the_backtest() -> None:
    """A misspelt key of the grid is refused when the file is read, with the right one."""
    with pytest.raises(ConfigError, match=r"unknown key 'stop_los' in grid: did you mean 'stop_loss'\?"):
        Config(**SMALL, sweep={"grid": {"stop_los": [0.01]}})
    assert Config(**SMALL, sweep={"grid": {"stop_loss": [None, 0.01]}}).sweep.grid == {"stop_loss": [None, 0.01]}


def test_shares_have_to_fill_history() -> None:
    """Zones that leave history out or use it twice are refused with their sum."""
    with pytest.raises(ConfigError, match=r"the shares add up to 1\.1; make them add up to 1"):
        SplitConfig(train=0.7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2021-03-01", datetime(2021, 3, 1, tzinfo=UTC)), ("2021-03-01T01:00:00+01:00", datetime(2021, 3, 1, tzinfo=UTC))],
)
def test_times_become_utc(tmp_path: Path, text: str, expected: datetime) -> None:
    """A date is its midnight UTC; a time with a zone is converted."""
    file = written(tmp_path, f"target: {{horizon_steps: 1, return_threshold: 0}}\ndata: {{start: '{text}'}}")
    assert load_config(file).data.start == expected


def test_a_time_without_zone_is_refused(tmp_path: Path) -> None:
    """A time that could mean two moments is refused."""
    file = written(tmp_path, "target: {horizon_steps: 1, return_threshold: 0}\ndata: {start: 2021-03-01 10:00:00}")
    with pytest.raises(ConfigError, match="has no time zone; write 2021-03-01T10:00:00Z"):
        load_config(file)


def test_sections_are_frozen() -> None:
    """A configuration that was hashed cannot change afterwards."""
    target = TargetConfig(horizon_steps=1, return_threshold=0.0)
    with pytest.raises(ValueError, match="frozen"):
        target.horizon_steps = 2  # type: ignore[misc]


def test_kelly_bets_by_a_probability() -> None:
    """Kelly sizing is refused where the signal is not a probability, before hours of training."""
    backtest = {"sizing": "kelly", "kelly_win": 0.01, "kelly_loss": 0.01}
    with pytest.raises(ConfigError, match=r"kelly bets by the probability.*set model.signal: probability"):
        Config(**SMALL, backtest=backtest)
    assert Config(**SMALL, backtest=backtest, model={"signal": "probability"}).backtest.sizing == "kelly"
