"""As much of `docker build` and `docker run` as needs no daemon: a Dockerfile is carried out in an empty folder.

Every line is: ENV, ARG, WORKDIR and COPY as Docker does them, .dockerignore included, and RUN in a real shell. What
the image owns (`OWN`) lies in the folder instead of at the root of the file system. Left out are the base image, in
whose place this machine's Python and shell stand, apt, and other users. pip is uv, which installs what is locked.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from json import loads
from pathlib import Path

OWN = re.compile(r"(?<![\w./$}])/(?=(?:opt|srv|app|home|mnt|var/lib|etc/trady2)/)")
TOOLS = Path(sys.executable).parent
ABSENT = """
apt-get() { :; }; groupadd() { :; }; chown() { :; }; rm() { :; }
useradd() { for last; do :; done; mkdir -p "$IMAGE/home/$last"; }
install() { for last; do mkdir -p "$last" 2>/dev/null; done; }
pip() { local kept=(); for word; do [ "$word" = --no-cache-dir ] || kept+=("$word"); done
        uv pip "${kept[@]}" --quiet --python "$(command -v python)"; }
python() { if [ "$1 $2" = "-m venv" ]; then uv venv --quiet --python "$BASE_PYTHON" "$3"
           else command python "$@"; fi; }
"""


@dataclass
class Image:
    """What a build ends with: a folder in the place of ``/``, and how a container would be started."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "root"
    command: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def here(self, text: str) -> str:
        """Let the image's own paths in *text* lead into its folder."""
        return OWN.sub(f"{self.root}/", text)

    def path(self, text: str) -> Path:
        """Return where a path of the image, relative to its working folder, lies."""
        return self.root / os.path.normpath(os.path.join("/", self.folder, text)).lstrip("/")  # noqa: PTH118 - of the image

    def variables(self) -> dict[str, str]:
        """Return the environment of a process in the image, and nothing of this process's."""
        return {"HOME": str(self.root / "root"), **{name: self.here(text) for name, text in self.environment.items()}}


def build(dockerfile: str, context: Path, root: Path, *, target: str = "") -> Image:
    """Carry out the stages up to *target* (default: the last one) in the empty folder *root*."""
    stages: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for word, rest in _instructions(dockerfile):
        if word == "FROM":
            origin, name = re.fullmatch(r"(\S+) AS (\S+)", rest).groups()  # type: ignore[union-attr]
            stages[name] = (origin, [])
            last = name
        else:
            stages[last][1].append((word, rest))
    image = Image(root, {"PATH": "/usr/local/bin:/usr/bin:/bin"})
    lines, name = [], target or last
    while name in stages:
        name, own = stages[name]
        lines = own + lines
    for word, rest in lines:
        _carry_out(image, word, rest, context)
    return image


def let_in(context: Path) -> list[Path]:
    """Return the files of *context* that its .dockerignore lets through to a builder."""
    ignore = context / ".dockerignore"
    patterns = ignore.read_text("utf-8").split() if ignore.is_file() else []
    kept = []
    for file in sorted(path for path in context.rglob("*") if path.is_file()):
        name, out = str(file.relative_to(context)), False
        for pattern in patterns:
            bare = pattern.lstrip("!").removeprefix("**/")
            parents = [name, *map(str, Path(name).parents)][:-1]
            if any(fnmatch.fnmatch(part if "**/" not in pattern else Path(part).name, bare) for part in parents):
                out = not pattern.startswith("!")
        if not out:
            kept.append(file)
    return kept


def _instructions(dockerfile: str) -> list[tuple[str, str]]:
    bare = "\n".join(line for line in dockerfile.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n", " ", bare)
    return [
        (word, rest.strip()) for word, _, rest in (line.strip().partition(" ") for line in joined.splitlines()) if word
    ]


def _carry_out(image: Image, word: str, rest: str, context: Path) -> None:
    known = {**image.arguments, **image.environment}
    if word in {"ENV", "ARG"}:
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            value = re.sub(r"\$\{?(\w+)\}?", lambda found: known[found[1]], value)
            (image.environment if word == "ENV" else image.arguments)[name] = value
    elif word == "WORKDIR":
        image.folder = re.sub(r"\$\{?(\w+)\}?", lambda found: known[found[1]], rest)
        image.path(".").mkdir(parents=True, exist_ok=True)
    elif word == "COPY":
        _copy(image, context, [part for part in rest.split() if not part.startswith("--")])
    elif word == "RUN":
        _run(image, rest)
    elif word == "HEALTHCHECK":
        image.health = loads(rest[rest.index("CMD") + 3 :])
    elif word in {"CMD", "ENTRYPOINT"}:
        setattr(image, {"CMD": "command"}.get(word, "entrypoint"), loads(rest))
    elif word == "USER":
        image.user = rest
    else:
        assert word == "EXPOSE", word


def _copy(image: Image, context: Path, words: list[str]) -> None:
    *sources, destination = words
    files = let_in(context)
    for source in sources:
        origin = context / source
        found = [file for file in files if file == origin or origin in file.parents]
        assert found, f"COPY {source}: no such file reaches the builder"
        for file in found:
            into = destination.endswith("/") or destination in {".", "./"}
            named = Path(origin.name) if into else Path()
            goal = image.path(destination) / (file.relative_to(origin) if origin.is_dir() else named)
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, goal)


def _run(image: Image, command: str) -> None:
    # A build reaches packages in the way of its machine: through its proxies, certificates and caches.
    machines = {name: value for name, value in os.environ.items() if not name.startswith(("TRADY2_", "BENTOML_", "PY"))}
    machines |= {"VIRTUAL_ENV": "", "BASE_PYTHON": sys.executable, "IMAGE": str(image.root)}
    own = {name: image.here(text) for name, text in {**image.arguments, **image.environment}.items()}
    variables = {**machines, **own, "PATH": f"{own['PATH']}:{_uv_alone(image.root)}"}
    done = subprocess.run(
        ["bash", "-c", f"set -e\n{ABSENT}\n{image.here(command)}"],
        cwd=image.path("."), env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RunError(f"RUN {command}\n{done.stdout}\n{done.stderr}")


def _uv_alone(root: Path) -> Path:
    folder = root / "tools"
    if not folder.is_dir():
        folder.mkdir(parents=True)
        (folder / "uv").symlink_to(TOOLS / "uv")
    return folder


class RunError(Exception):
    """A RUN line failed."""
