# The commands of this project. `make help` lists them; each does first whatever it needs.

PYTHON ?= python3
# How much `make bench` measures, and how many orders of arrival it tries.
SIZE := full
ORDER_EXAMPLES := $(if $(filter small,$(SIZE)),6,30)
DAY_FROM := 2025-06-07
DAY_TO := 2025-06-10

python := .venv/bin/python
extract := $(python) -m extract
# The variables that reach the warehouse, in the shell of one recipe line.
warehouse_environment = eval "$$($(python) -m extract.warehouse env)"
# No source is configured: the stand-in for the VPP and the DSO takes their place.
no_source = test -z "$$VPP_API_URL$$TECHNICAL_DATA_URL$$LIVE_INFEED_URL$$DSO_URL$$ASSET_CONTRACTS_URL$$IMBALANCE_PRICES_URL"

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: .venv/installed ## Make the virtual environment .venv with everything that is needed

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make install PYTHON=python3.11" >&2; exit 1; }
	@echo "Installing into .venv (a minute or two the first time) ..." >&2
	@$(PYTHON) -m venv .venv
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.PHONY: run
run: install ## Land the sources (or a demo's, where none is configured), build the marts, show a summary
	@if $(no_source); then \
		echo "No source is configured: landing the demo's, $(DAY_FROM) to $(DAY_TO)"; \
		$(python) -m extract.simulator around -- $(extract) all --from $(DAY_FROM) --to $(DAY_TO); \
	else \
		$(extract) all; \
	fi || test $$? -eq 3
	@echo "Building and testing the marts (dbt build) ..."
	@$(warehouse_environment) && .venv/bin/dbt --log-level warn build --exclude-resource-type unit_test
	@$(python) -m extract.warehouse psql --quiet --no-psqlrc --file dbt_project/analyses/summary.psql

.PHONY: stop
stop: install ## Stop the embedded PostgreSQL
	@$(python) -m extract.warehouse stop

.PHONY: env
env: install ## Print what to export for plain dbt and psql: eval "$(make -s env)"
	@$(python) -m extract.warehouse env

.PHONY: psql
psql: install ## Open psql on the warehouse
	@$(python) -m extract.warehouse psql

.PHONY: lint
lint: install ## Check style and types: ruff, mypy, sqlfluff
	.venv/bin/ruff format --check extract tests
	.venv/bin/ruff check extract tests
	.venv/bin/mypy
	@$(extract) schema
	$(warehouse_environment) && .venv/bin/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

.PHONY: docs
docs: install ## Write dbt's lineage site as one page: dbt_project/target/static_index.html
	@$(extract) schema
	$(warehouse_environment) && .venv/bin/dbt docs generate --static

.PHONY: test
test: lint ## Prove it all: lint, then every test, against real PostgreSQL servers and real HTTP
	.venv/bin/pytest

.PHONY: bench
bench: install ## Measure (SIZE=small|full): ratios to references of the same run, in benchmark-results/
	@$(python) -m tests.benchmark --size $(SIZE)
	ORDER_EXAMPLES=$(ORDER_EXAMPLES) .venv/bin/pytest tests/test_order_independence.py

.PHONY: lock
lock: ## Pin the newest versions that the dependencies allow in requirements.lock
	@$(PYTHON) -m venv .venv
	@$(python) -m pip install --quiet --disable-pip-version-check uv
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --upgrade \
		--custom-compile-command "make lock" --group demo --group dev pyproject.toml --output-file requirements.lock
