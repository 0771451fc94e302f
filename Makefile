# Everything lives in .venv; the command is .venv/bin/countermand.
.DEFAULT_GOAL := help
.PHONY: help demo test long crash lint fmt bench kafka mutations generate clean

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)

demo: $(READY) ## a simulated marketplace, watched: no broker, no root; DEMO_EXIT=1 ends by itself
	@$(BIN)/countermand demo

test: $(READY) ## every test; says in one line what this machine lacks
	@$(BIN)/python -m tests.missing
	@$(BIN)/python -m pytest --numprocesses auto $(TESTS)

long: $(READY) ## the promises over a million events, the oracles over 100,000 instants: most of an hour; EVENTS=100000
	@$(BIN)/python -m tests.million $(EVENTS)
	@PROPERTIES=long $(BIN)/python -m pytest --numprocesses auto tests/test_oracle.py tests/test_oracle_duties.py tests/test_rates.py

crash: $(READY) ## thirty schedules of killed, paused, leaving and joining workers and killed brokers on a real Kafka
	@CRASHES=$${CRASHES:-30} $(BIN)/python -m pytest -s --show-capture=no --timeout 900 tests/live/test_crash.py tests/live/test_crash_points.py tests/live/test_brokers_away.py tests/live/test_bench_live.py

lint: $(READY) ## ruff, mypy --strict, import-linter, and that generated files are fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m policies.build_calendars --check
	$(BIN)/python -m streams.schemas_build --check
	$(BIN)/python docs/build_rules.py --check
	$(BIN)/python docs/build_rulebook.py --check
	$(BIN)/python -m dashboards.build --check

fmt: $(READY) ## format, and mend what ruff can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(READY) .venv-quix/ready ## replay, and our batches beside other engines, each with its floor (needs Java and Maven)
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,bench]'
	@mvn -q -B -f bench/peers/java/pom.xml compile dependency:copy-dependencies -DincludeScope=runtime
	@$(BIN)/python -m bench.replay
	@$(BIN)/python -m bench.compare $(BENCH)

.venv-quix/ready: bench/peers/quix.txt
	@test -x .venv-quix/bin/python || $(PYTHON) -m venv .venv-quix
	@.venv-quix/bin/pip install -q --disable-pip-version-check -r bench/peers/quix.txt
	@touch $@

kafka: $(READY) ## a real Kafka in the foreground, topics applied (needs Java and Maven)
	@$(BIN)/python -m tests.kafka

mutations: $(READY) ## break the product on purpose, see each break fail a test
	@$(BIN)/python -m tests.mutations

generate: $(READY) ## write the generated files anew: calendars, schemas, rule pages, dashboards
	$(BIN)/python -m policies.build_calendars
	$(BIN)/python -m streams.schemas_build
	$(BIN)/python docs/build_rules.py
	$(BIN)/python docs/build_rulebook.py
	$(BIN)/python -m dashboards.build

clean: ## forget .venv and caches
	rm -rf .venv .venv-quix bench/peers/java/target .kafka .mypy_cache .ruff_cache .pytest_cache .hypothesis
