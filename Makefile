# The commands of this project. `make help` lists them; each first does whatever it needs.

PYTHON ?= python3
# How much `make bench` measures, and how many orders of arrival it tries.
SIZE := full
ORDER_EXAMPLES := $(if $(filter small,$(SIZE)),6,30)
# The portfolios of `make bench-findings`, one in each season.
SEEDS := 21,22,23,24
# How much `make test-faults` tries.
KILLS := 50
CASES := 10000
DAY_FROM := 2025-06-07
# Forecasts made before this day are landed as if received then, so that the demo has a past.
DAY_TODAY := 2025-06-09
DAY_TO := 2025-06-10
# Where dbt writes its artifacts, and where the lineage site is served.
TARGET := dbt_project/target
PORT := 8580
# How often `make follow` looks for something new, in seconds.
EVERY := 60
# How many delivery days the report shows, the newest forecast ones included.
DAYS := 10
# Where `make spark` archives to and reads from.
LAKE := lake
# How many worlds `make test-spark` compares beside the demo.
WORLDS := 3

python := .venv/bin/python
extract := $(python) -m extract
# A process for each core, which runs the tests of a file in their order.
pytest := .venv/bin/pytest --numprocesses logical --dist loadfile --no-loadscope-reorder
# Sets the variables that lead to the warehouse, in the shell of one recipe line.
warehouse_environment = eval "$$($(python) -m extract.warehouse env)"
# True if no source is configured: then the stand-in for the VPP and the DSO is used.
variables = $(shell sed -n 's/^ *variable: //p' dbt_project/models/staging/sources.yml | sort -u)
no_source = test -z "$$(echo $(foreach variable,$(variables),$$$(variable)))"

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: .venv/installed ## Create the virtual environment .venv with everything needed

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13: name one, as in make install PYTHON=python3.13" >&2; exit 1; }
	@echo "Installing into .venv (a minute or two the first time) ..." >&2
	@$(PYTHON) -m venv .venv
	@# The lock file is whole; pip would look for packages again that it names with an extra.
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@# The root of this project, as seen from there: `import extract` works wherever Python was started.
	@$(python) -c 'import site; open(site.getsitepackages()[0] + "/vpp_warehouse.pth", "w").write("../../../..\n")'
	@touch $@

.PHONY: run
run: install ## Land the sources (or the demo if none is configured), build the marts, show a summary
	@if $(no_source); then \
		echo "No source is configured: landing the demo's, $(DAY_FROM) to $(DAY_TO)"; \
		$(python) -m extract.simulator around --with-faults -- sh -c '\
			$(python) -m extract.simulator replay --from $(DAY_FROM) --to $(DAY_TODAY) \
			&& $(extract) all --from $(DAY_FROM) --to $(DAY_TO)'; \
	else \
		$(extract) all; \
	fi || test $$? -eq 3
	@echo "Building and testing the marts (dbt build) ..."
	@$(warehouse_environment) && .venv/bin/dbt --log-level warn build --exclude-resource-type unit_test
	@$(python) -m extract.warehouse psql --quiet --no-psqlrc --file dbt_project/analyses/summary.psql

.PHONY: follow
follow: install ## Land what is new and build the marts, over and over, in one process (EVERY=60 seconds)
	@exec $(python) -m extract.follow --every $(EVERY)

.PHONY: stop
stop: install ## Stop the embedded PostgreSQL
	@$(python) -m extract.warehouse stop

.PHONY: env
env: install ## Print what to export for plain dbt and psql: eval "$(make -s env)"
	@$(python) -m extract.warehouse env

.PHONY: psql
psql: install ## Open psql on the warehouse
	@$(python) -m extract.warehouse psql

.PHONY: style
style: install ## Check the style and the types of the Python: ruff, mypy
	.venv/bin/ruff format --check extract tests dbt_project
	.venv/bin/ruff check extract tests dbt_project
	.venv/bin/mypy

.PHONY: lint
lint: style ## Check style, types and descriptions: ruff, mypy, sqlfluff, dbt-bouncer
	@$(extract) schema
	$(warehouse_environment) && .venv/bin/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/engines/postgres/models dbt_project/tests
	@$(warehouse_environment) && .venv/bin/dbt --quiet parse \
		&& .venv/bin/dbt-bouncer run --config-file pyproject.toml --only manifest_checks

.PHONY: docs
docs: install ## Write the lineage site: dbt_project/target/site/index.html
	@$(extract) schema
	@$(warehouse_environment) && DBT_TARGET_PATH=$(abspath $(TARGET)) .venv/bin/dbt --quiet docs generate --static
	@$(python) dbt_project/docs/shown_manifest.py $(TARGET)/manifest.json > $(TARGET)/shown_manifest.json
	@DBT_COLIBRI_NO_VERSION_CHECK=1 .venv/bin/colibri generate --disable-telemetry --manifest $(TARGET)/shown_manifest.json \
		--catalog $(TARGET)/catalog.json --output-dir $(TARGET)/colibri > $(TARGET)/colibri.log 2>&1 \
		|| { cat $(TARGET)/colibri.log >&2; exit 1; }
	@mkdir -p $(TARGET)/site
	@cp dbt_project/docs/index.html $(TARGET)/site/index.html
	@$(python) dbt_project/docs/pages.py $(TARGET)/site
	@# dbt's page asks the browser for two addresses that are templates still; opened from disk each is an error.
	@# Its descriptions link to pages of the repository: in the site, to those of the site.
	@sed -e 's/xlink:href="{{/ng-attr-xlink:href="{{/g' -e 's/href="$${require([^"]*"/href="data:,"/g' \
		-e 's/\](\([a-z-]*\)\.md\([)#]\)/](\1.html\2/g' $(TARGET)/static_index.html > $(TARGET)/site/dbt.html
	@cp $(TARGET)/colibri/index.html $(TARGET)/site/lineage.html
	@echo "The lineage site: open $(TARGET)/site/index.html"

.PHONY: docs-serve
docs-serve: install ## Serve the lineage site on this machine (PORT=8580)
	@test -f $(TARGET)/site/index.html || { echo "There is no lineage site yet: run make docs first" >&2; exit 1; }
	@$(python) -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' 2>/dev/null \
		|| { echo "Port $(PORT) is not free: name another, as in make docs-serve PORT=8581" >&2; exit 1; }
	@echo "http://localhost:$(PORT) (Ctrl-C to stop)"
	@$(python) -m http.server --bind 127.0.0.1 --directory $(TARGET)/site $(PORT)

.PHONY: report
report: install ## Write the report, one HTML file: dbt_project/target/report.html (DAYS=10)
	@$(python) -m dbt_project.report --days $(DAYS) --output $(TARGET)/report.html

.PHONY: pictures
pictures: docs report ## Take the pictures of the pages from the demo, with the distribution's Chromium
	@$(no_source) || { echo "These pictures are public: take them from the demo, without a configured source" >&2; exit 1; }
	@$(python) -m tests.pictures $(TARGET)

.PHONY: test
test: style ## Run all checks and tests, against real PostgreSQL servers and real HTTP
	$(pytest) --durations=25

.PHONY: test-fast
test-fast: style lint-changed ## Run the quick ones: style, changed SQL, tests without a server, one small build
	$(pytest) --durations=10 -m "no_server or fast"

.PHONY: lint-changed
lint-changed: install ## Check the style of SQL changed since the last commit (sqlfluff)
	@changed="$$(git diff --name-only --diff-filter=d HEAD -- dbt_project/models dbt_project/engines/postgres/models dbt_project/tests; \
		git ls-files --others --exclude-standard dbt_project/models dbt_project/engines/postgres/models dbt_project/tests)"; \
	changed="$$(echo "$$changed" | grep '\.sql$$')" || exit 0; \
	$(extract) schema && $(warehouse_environment) && .venv/bin/sqlfluff lint --disable-progress-bar $$changed

.PHONY: test-faults
test-faults: install ## Inject faults for longer (KILLS=50 of the extractor, CASES=10000 documents per decoder)
	FAULT_KILLS=$(KILLS) DECODER_CASES=$(CASES) .venv/bin/pytest \
		tests/promises/test_faults_landing.py tests/promises/test_faults_of_directories.py \
		tests/promises/test_faults_server.py tests/extractor/test_decoders_random.py

.venv-bench/installed: requirements-bench.lock
	@echo "Installing the benchmark's references into .venv-bench (a few minutes the first time) ..." >&2
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r requirements-bench.lock
	@touch $@

.PHONY: bench
bench: install .venv-bench/installed ## Measure (SIZE=small|full): ratios to references of the same run, in benchmark-results/
	@$(python) -m tests.benchmark --size $(SIZE)
	ORDER_EXAMPLES=$(ORDER_EXAMPLES) .venv/bin/pytest tests/promises/test_order_independence.py

.PHONY: bench-findings
bench-findings: install ## Measure how many injected faults data_findings finds, and how many false ones (SEEDS=21,22,23,24)
	@$(python) -m tests.findings --seeds $(SEEDS)

.venv-spark/installed: requirements-spark.lock
	@echo "Installing Spark into .venv-spark (a gigabyte, a few minutes the first time) ..." >&2
	@$(PYTHON) -m venv .venv-spark
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r requirements-spark.lock
	@touch $@

check_java = "$${JAVA_HOME:+$$JAVA_HOME/bin/}java" -version 2>&1 | grep -qE 'version "(17|21)[."]' || { \
	echo "Spark needs Java 17 or 21: install one (Debian: openjdk-17-jre-headless), or point JAVA_HOME at one" >&2; exit 1; }

.PHONY: spark
spark: install .venv-spark/installed ## Archive to LAKE=lake, build the marts on Spark, compare them with PostgreSQL's
	@$(check_java)
	@$(extract) archive "$(LAKE)"
	@LAKE="$(LAKE)" .venv-spark/bin/python -m tests.engines

.PHONY: test-spark
test-spark: install .venv-spark/installed ## Prove that Spark gives the same marts: the demo, and WORLDS=3 hostile worlds
	@$(check_java)
	@HOSTILE_WORLDS=$(WORLDS) .venv/bin/pytest -m engines tests/engines

.PHONY: bench-spark
bench-spark: install .venv-spark/installed ## Measure the forecast engine on PostgreSQL, DuckDB and Spark, in one run
	@$(check_java)
	@$(python) -m tests.engines.scale

compile := --quiet --universal --python-version 3.11 --generate-hashes --upgrade --custom-compile-command "make lock"

.PHONY: lock
lock: ## Pin the newest versions that the dependencies allow in requirements*.lock
	@$(PYTHON) -m venv .venv
	@$(python) -m pip install --quiet --disable-pip-version-check uv
	.venv/bin/uv pip compile $(compile) --group demo --group docs --group report --group dev pyproject.toml --output-file requirements.lock
	.venv/bin/uv pip compile $(compile) --group pyproject.toml:bench --output-file requirements-bench.lock
	.venv/bin/uv pip compile $(compile) --extra spark pyproject.toml --output-file requirements-spark.lock
