"""The shape of the source: budgets to notice growth by, and rules that a reader relies on."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = sorted(file for folder in ("trady2", "flows", "service") for file in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
BANNED_STEMS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Path) -> Iterator[Function]:
    """Yield every function of a file, inner ones included."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, Function):
            yield node


def named(file: Path) -> str:
    """Name a file as the reader knows it."""
    return str(file.relative_to(ROOT))


def lengths() -> list[int]:
    """Return the lines of every function of the source, docstring included."""
    return [(node.end_lineno or 0) - node.lineno + 1 for file in SOURCE for node in functions(file)]


def test_file_names_say_what_they_do() -> None:
    """No file or folder has a name that could hold anything."""
    assert [named(file) for file in SOURCE if BANNED_STEMS & set(file.relative_to(ROOT).with_suffix("").parts)] == []


def test_functions_stay_small() -> None:
    """The median function has at most 14 lines, nine of ten at most 40, none more than 60."""
    measured = lengths()
    assert (median(measured) <= 14, quantiles(measured, n=10)[-1] <= 40, max(measured) <= 60) == (True, True, True)


def test_files_stay_small() -> None:
    """The median file has at most 140 lines and none more than 230; a package's face is a list and may be longer."""
    files = [file for file in SOURCE if file.name != "__init__.py"]
    measured = {named(file): len(file.read_text("utf-8").splitlines()) for file in files}
    assert {name: lines for name, lines in measured.items() if lines > 230} == {}
    assert median(measured.values()) <= 140


def test_modules_lean_on_few_others() -> None:
    """A module imports from at most eight modules of ours, errors among them; only the list of deployments more."""
    for file in (file for file in SOURCE if named(file) != "flows/deployments.py"):
        tree = ast.parse(file.read_text("utf-8"))
        ours = {node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module}
        ours = {name for name in ours if name.split(".")[0] in {"trady2", "flows", "service"}}
        assert len(ours) <= 8, f"{named(file)}: {sorted(ours)}"


def test_comments_stay_rare() -> None:
    """At most 8 % of the lines are comments: names and docstrings carry the meaning."""
    lines = [line.strip() for file in SOURCE for line in file.read_text("utf-8").splitlines() if line.strip()]
    assert sum(line.startswith("#") for line in lines) <= 0.08 * len(lines)


def test_flow_bodies_are_lists_of_calls() -> None:
    """A flow has at most 25 statements and no arithmetic."""
    for file in sorted((ROOT / "flows").glob("*.py")):
        for node in functions(file):
            if any(getattr(getattr(d, "func", None), "id", "") == "flow" for d in node.decorator_list):
                inside = [inner for statement in node.body for inner in ast.walk(statement)]
                assert sum(isinstance(inner, ast.stmt) for inner in inside) <= 25, node.name
                assert not any(isinstance(inner, ast.BinOp) for inner in inside), node.name


def test_modules_have_their_tests() -> None:
    """A library module with code of its own has a test file of its stem in the mirrored folder, or its package's."""
    tested = {file.stem.removeprefix("test_") for file in TESTS}
    modules = [file for file in SOURCE if named(file).startswith("trady2") and file.stem != "__init__"]
    assert [named(file) for file in modules if file.stem not in tested] == []


@pytest.mark.parametrize("file", TESTS, ids=named)
def test_every_test_states_its_behaviour(file: Path) -> None:
    """Each test function has a docstring, and each `pytest.raises` and `pytest.warns` says what it expects."""
    for node in functions(file):
        if node.name.startswith("test_"):
            assert ast.get_docstring(node), f"{named(file)}: {node.name}"
        for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
            if getattr(call.func, "attr", "") in {"raises", "warns"}:
                assert any(keyword.arg == "match" for keyword in call.keywords), f"{named(file)}:{call.lineno}"


def test_every_lint_exception_has_its_reason() -> None:
    """Each `noqa` and each entry of an ignore list says why on its line."""
    for file in [*SOURCE, *(file for file in TESTS if file != Path(__file__))]:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if "# noqa" in line:
                assert re.search(r"# noqa: [A-Z0-9, ]+ - \w", line), f"{named(file)}:{number}"
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    ignored = tomllib.loads(text)["tool"]["ruff"]["lint"]["ignore"]
    for code in ignored:
        assert re.search(rf'"{code}", +# \w', text), code


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    """Every locked package has hashes, and nothing says where it came from."""
    for file in [*sorted((ROOT / "locks").glob("*.txt")), ROOT / "benchmarks" / "peers" / "lock.txt"]:
        text = file.read_text("utf-8")
        assert "://" not in text
        pinned = re.findall(r"^[a-zA-Z].*==.*$", text, re.MULTILINE)
        assert pinned
        assert all(line.endswith("\\") for line in pinned)
