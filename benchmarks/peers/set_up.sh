#!/usr/bin/env bash
# Makes .peers, an environment of its own beside .venv, from benchmarks/peers/lock.txt; does nothing when it is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

wanted=$(cat benchmarks/peers/lock.txt benchmarks/peers/set_up.sh | sha256sum | cut -d' ' -f1)
[ "$(cat .peers/.set-up 2>/dev/null || true)" = "$wanted" ] && exit 0
[ -x .venv/bin/uv ] || { echo "Cannot set up the peers: there is no .venv; run make set-up" >&2; exit 1; }

echo "Setting up .peers with vectorbt and backtesting.py (once; about half a minute)" >&2
rm -rf .peers
"$(readlink -f .venv/bin/python)" -m venv .peers
.venv/bin/uv pip sync --quiet --compile-bytecode --python .peers/bin/python --require-hashes benchmarks/peers/lock.txt \
    || .peers/bin/pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/peers/lock.txt
echo "$wanted" > .peers/.set-up
