"""What a person sees while a command runs."""

import io

import pytest

from flows.console import Console


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Be one."""
        return True


def test_a_stage_ends_with_one_line() -> None:
    """Without a terminal, a stage is one finished line with its time, and no bar."""
    stream = io.StringIO()
    console = Console(stream)
    with console.stage("fit"):
        console.progress("tree 10", 0.1)
        console.say("312 trees")
    assert stream.getvalue().startswith("fit          312 trees  (0.")
    assert stream.getvalue().count("\n") == 1


def test_a_failed_stage_says_so() -> None:
    """The line of a stage that raised carries a cross."""
    stream = io.StringIO()
    with pytest.raises(ZeroDivisionError, match="division"), Console(stream).stage("fit"):
        _ = 1 // 0
    assert stream.getvalue() == "fit          ✗\n"


def test_a_terminal_sees_a_bar() -> None:
    """On a terminal, progress redraws the line of the stage."""
    stream = Terminal()
    console = Console(stream)
    with console.stage("fit"):
        console._drawn = 0.0
        console.progress("tree 500", 0.5)
    assert "━━━━━━━━━━·········· tree 500" in stream.getvalue()


def test_quiet_is_quiet() -> None:
    """A quiet console writes nothing at all."""
    stream = Terminal()
    console = Console(stream, quiet=True)
    with console.stage("fit"):
        console.progress("tree 500", 0.5)
        console.say("312 trees")
    assert stream.getvalue() == ""
