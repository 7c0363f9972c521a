"""What is written down is true: snippets run, commands exist, links lead somewhere."""

import doctest
import re
from pathlib import Path

import pytest

import trady2
from flows.cli import app
from trady2.backtest_config import BacktestConfig

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def known_commands() -> set[str]:
    """Return every `trady2` command as it is typed."""
    names = {str(command.name or command.callback.__name__) for command in app.registered_commands if command.callback}
    for group in app.registered_groups:
        if group.typer_instance:
            names |= {f"{group.name} {command.name}" for command in group.typer_instance.registered_commands}
    return names


def test_the_map_of_the_library_runs() -> None:
    """The snippet in the package docstring does what it says."""
    result = doctest.testmod(trady2)
    assert (result.attempted >= 8, result.failed) == (True, 0)


def test_the_notebook_snippet_runs() -> None:
    """The README's Python snippet runs as it stands."""
    snippets = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(snippets) == 1
    exec(compile(snippets[0], "README.md", "exec"), {})  # noqa: S102 - the point of this test


def test_the_readme_is_short() -> None:
    """A newcomer reads at most 120 lines."""
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_pages_exist(page: Path) -> None:
    """Every `trady2 …` that a page shows is a command."""
    blocks = re.findall(r"```bash\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    shown = re.findall(r"^(?:docker compose exec \w+ )?trady2 (\w+)(?: (\w+))?", "\n".join(blocks), re.MULTILINE)
    for first, second in shown:
        assert first in known_commands() or f"{first} {second}" in known_commands(), f"{first} {second}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture of a page exists."""
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_option_of_the_backtester_is_explained() -> None:
    """Each key of `backtest:` has its rule in docs/backtesting.md."""
    page = (ROOT / "docs" / "backtesting.md").read_text("utf-8")
    assert {name for name in BacktestConfig.model_fields if f"`{name}" not in page} == set()


def test_every_environment_variable_is_documented() -> None:
    """Each TRADY2_ variable that the source reads is in docs/deploy.md."""
    source = "".join(
        file.read_text("utf-8") for name in ("trady2", "flows", "service") for file in (ROOT / name).rglob("*.py")
    )
    documented = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    read = set(re.findall(r"environ(?:\.get)?[\[(]\"(TRADY2_\w+)\"", source))
    assert {name for name in read if name not in documented} == set()
