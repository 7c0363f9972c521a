# Two commands do everything on a fresh machine: make demo, make test.
.PHONY: help set-up demo test check bench bench-peers format lock clean
.DEFAULT_GOAL := help

export DO_NOT_TRACK := 1
export BENTOML_DO_NOT_TRACK := True
export PREFECT_SERVER_ANALYTICS_ENABLED := false

BIN := .venv/bin
TESTS ?= tests
LONG ?=
BARS ?=

help: ## show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@echo "  make demo BARS=path/to/files runs the demo on your own bars"

set-up: ## create .venv from the lock file (the others do it by themselves)
	@bash deploy/set_up.sh

demo: set-up ## bars → features → train → register → activate → backtest → a served prediction
	@$(BIN)/trady2 demo $(if $(BARS),--bars "$(BARS)")

test: set-up ## run the tests; with LONG=1 the slow ones in their full length
# Three at a time on two cores, each with one thread: many tests wait for a server. In order, or files with few and long tests come last.
	@OMP_NUM_THREADS=1 $(if $(LONG),TRADY2_LONG=1 TRADY2_KILL_MOMENTS=100 )$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(TESTS)

check: set-up ## lint, types, layers, and that the Prefect server can start at all
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -W ignore -c "import prefect.server.api.server"

bench: set-up ## run every benchmark; each prints one JSON line
	@for file in benchmarks/*.py; do $(BIN)/python "$$file" || exit 1; done

bench-peers: set-up ## run the backtester beside vectorbt and backtesting.py, which get an environment of their own
	@bash benchmarks/peers/set_up.sh
	@$(BIN)/python benchmarks/peers/compare.py

format: set-up ## put the source in its usual shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: set-up ## resolve the lock files again, with hashes and without addresses
	@bash deploy/lock.sh

clean: ## remove what was made here: environment, demo, caches
	@rm -rf .venv .peers .demo .mypy_cache .ruff_cache .hypothesis *.egg-info build
