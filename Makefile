# Every target does its own set-up in .venv from the lock file.
PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/.ready

.PHONY: demo run test test-live check contract fuzz torture bench format lock clean

demo: $(READY)  ## a simulated working day of orders, with its seeded disagreements
	$(BIN)/tmf-gateway demo

run: $(READY)  ## serve the gateway with the simulated landscape on port 8080
	$(BIN)/tmf-gateway serve --landscape simulated --port 8080 --database sqlite:///tmf-gateway.sqlite

test: $(READY)  ## all tests
	$(BIN)/python -m pytest -q -n 4 --dist worksteal

test-live: $(READY)  ## install, start and test real legacy systems: Tryton, Request Tracker, FreeRADIUS and others; needs Debian and root
	tests/live/install
	TMF_GATEWAY_LIVE=1 $(BIN)/python -m pytest -q -s tests/live

check: $(READY)  ## format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: $(READY)  ## 20,000 generated cases and more, against every operation of a gateway that runs
	$(BIN)/python -m tests.fuzz.run

contract: $(READY)  ## the contract kit against a gateway of ours, all faces, in both profiles
	$(BIN)/python -m tests.contract.own_server

bench: $(READY)  ## CPU per accepted order beside its floor, per fact that arrives, per judged trace, what lists cost, size, and many processes
	$(BIN)/python tests/bench/run.py
	$(BIN)/python tests/bench/facts.py
	$(BIN)/python tests/bench/rules.py
	$(BIN)/python tests/bench/queries.py
	$(BIN)/python tests/bench/size.py
	$(BIN)/python -m tests.bench.many

torture: $(READY)  ## 20,000 orders on each database, processes killed and frozen meanwhile; ARGS="--orders 500 --kills 10"
	$(BIN)/python tests/torture/run.py $(ARGS)

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY)  ## pin names, versions and hashes anew; writes no address
	$(BIN)/python -m pip install -q uv
	$(BIN)/python -m uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header --extra dev --universal --python-version 3.11 -o requirements.lock pyproject.toml

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache build dist
