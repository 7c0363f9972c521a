#!/usr/bin/env bash
# Resolves the sets: development, worker image, serving image, and the peers of the benchmarks. Versions that still fit are kept.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url "$@"; }
compile pyproject.toml --extra flows --extra postgres --group dev -o locks/dev.txt
compile pyproject.toml --extra flows --extra postgres --extra tune -c locks/dev.txt -o locks/worker.txt
compile --group serve -c locks/dev.txt -o locks/serve.txt
compile benchmarks/peers/requirements.in -o benchmarks/peers/lock.txt
