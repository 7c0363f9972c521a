"""A process that has paid for slow imports once and forks a child per command: `python -m tests.registry.forking cli`.

`cli` children run the real entry point of the `bentoml` command; `registry` children run one verb of the registry.
Commands come as JSON lines on standard input: start one (answer: its process id) or wait for one (answer: exit code).
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

touches = [0]


SLOW_IMPORTS = {
    "cli": ("bentoml.models", "bentoml.bentos", "bentoml_cli.cli"),
    "registry": ("trady2.registry.publishing", "trady2.registry.activation"),
}


def kill_at(moment: int) -> None:
    """End this process by SIGKILL at its n-th touch of the file system or database, before that touch happens."""

    def hook(event: str, _arguments: object) -> None:
        if event in {"open", "sqlite3.connect"} or event.split(".")[0] in {"os", "shutil", "fcntl"}:
            touches[0] += 1
            if touches[0] == moment:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def run_cli(arguments: list[str]) -> None:
    """Run the `bentoml` command, or `python -c` where bentoml is imported already."""
    if arguments[0] == "python":
        exec(arguments[1], {})  # noqa: S102 - the code is that of a test
        return
    from bentoml_cli.cli import cli

    sys.argv = ["bentoml", *arguments]
    cli()


def run_registry(verb: str, options: dict[str, Any]) -> None:
    """Publish or activate, with what the test has prepared."""
    import numpy as np

    from trady2 import registry

    if verb == "publish":
        files = {path.name: path.read_bytes() for path in Path(options["files"]).iterdir()}
        golden = np.load(options["golden"])
        registry.publish("trady2", options["semver"], files, {"note": options["semver"]}, golden=golden, actor="child")
    elif verb == "append":
        ledger = registry.Ledger(options["url"])
        for number in range(options["count"]):
            if batch := options.get("batch"):
                payloads = [{"number": number, "row": row} for row in range(batch)]
                ledger.append_many("trial", payloads, name="trady2", actor=options["actor"])
            else:
                ledger.append("trial", name="trady2", actor=options["actor"], payload={"number": number})
    else:
        registry.activate("trady2", options["version"], reason="child", actor="child")


def child(command: dict[str, Any]) -> None:
    """Become the command: its environment, folder and output; never returns."""
    code = 1
    try:
        os.environ.update(command["env"])
        os.chdir(command["cwd"])
        for stream, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(command[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), stream)
        if command.get("kill_at"):
            kill_at(command["kill_at"])
        run_cli(command["cli"]) if "cli" in command else run_registry(command["verb"], command["options"])
        if command.get("kill_at"):
            sys.stdout.write(str(touches[0]))
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve(answer: Callable[[dict[str, Any]], None]) -> None:
    """Fork and wait as the lines on standard input say."""
    while line := sys.stdin.readline():
        command = json.loads(line)
        if "wait" in command:
            answer({"code": os.waitstatus_to_exitcode(os.waitpid(command["wait"], 0)[1])})
            continue
        process = os.fork()
        if process == 0:
            child(command)
        answer({"process": process})


if __name__ == "__main__":
    for module in SLOW_IMPORTS[sys.argv[1]]:
        import_module(module)
    replies = os.fdopen(os.dup(1), "w")

    def reply(value: dict[str, Any]) -> None:
        """Answer with one JSON line."""
        replies.write(json.dumps(value) + "\n")
        replies.flush()

    reply({"ready": True})
    serve(reply)
