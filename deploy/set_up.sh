#!/usr/bin/env bash
# Makes .venv from locks/dev.txt, or does nothing when it is already what the lock file says.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'Cannot set up Trady2: %s\n' "$1" >&2; exit 1; }

wanted=$(cat locks/dev.txt pyproject.toml deploy/set_up.sh | sha256sum | cut -d' ' -f1)
[ "$(cat .venv/.set-up 2>/dev/null || true)" = "$wanted" ] && exit 0

python=""
for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then python=$name; break; fi
done
[ -n "$python" ] || fail "it needs Python 3.11, 3.12 or 3.13, and $(python3 --version 2>/dev/null || echo 'no python3') was found; install one (Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3"
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$("$python" --version) comes without venv; install it (Debian: apt-get install python3-venv)"
"$python" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null || fail "LightGBM needs libgomp.so.1; install it (Debian: apt-get install libgomp1)"

echo "Setting up .venv with $("$python" --version) (once; about half a minute)" >&2
"$python" -m venv --clear .venv
lock=$(mktemp)
trap 'rm -f "$lock"' EXIT
# uv installs the same locked files several times faster than pip; where it cannot reach the index that pip is set up for, pip does it.
awk '/^[a-z]/ { keep = /^uv==/ } keep' locks/dev.txt > "$lock"
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
.venv/bin/uv pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes locks/dev.txt \
    || .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --offline -e . \
    || .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
# Where PYTHONDONTWRITEBYTECODE is set, every start would compile again: Prefect took a minute instead of ten seconds.
.venv/bin/python -m compileall -q trady2 flows service
echo "$wanted" > .venv/.set-up
