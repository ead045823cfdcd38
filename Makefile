# Two commands do everything on a fresh machine: `make run` and `make test`.
SHELL := /bin/bash
BIN := .venv/bin
STAMP := .venv/.ready
# What was read once is kept compiled, whatever the shell prefers: a dozen processes read it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test setup check bench soak browser format lock
.DEFAULT_GOAL := run

run: $(STAMP)
	@CHOPHIEN_DEMO=$${CHOPHIEN_DEMO-1} $(BIN)/chophien serve

setup: $(STAMP)

# The stamp is written last: an interrupted set-up leaves no stamp, and the next one starts clean.
$(STAMP): requirements.lock scripts/setup.sh
	@bash scripts/setup.sh

# One beside the other: each works on one core, and the types take as long as the others together.
CHECKS := types collection lint imports templates dependencies
.PHONY: $(CHECKS)

check: $(STAMP)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target $(CHECKS)

types: $(STAMP)
	$(BIN)/mypy

# Every test can be read; what was read is kept beside it, so that the processes that run them read it no more.
collection: $(STAMP)
	@mkdir -p var
	$(BIN)/python -m pytest --collect-only -q > var/collected.txt || { tail -40 var/collected.txt; exit 1; }

lint: $(STAMP)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

imports: $(STAMP)
	$(BIN)/lint-imports --no-cache

templates: $(STAMP)
	$(BIN)/djlint --quiet --lint app/templates producers/templates traceability/templates storefront/templates

dependencies: $(STAMP)
	$(BIN)/deptry .

browser: $(STAMP)
	@bash scripts/browser.sh

test: $(STAMP) browser check
	@bash scripts/test.sh

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks

soak: $(STAMP)
	CHOPHIEN_SOAK=1 $(BIN)/python -m pytest tests/journeys tests/concurrency tests/browser/test_offline_faults.py -q
	$(BIN)/python -m tests.benchmarks.valley

format: $(STAMP)
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

# Needs uv on the machine; the lock carries hashes and no index address.
lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --upgrade -o requirements.lock
