# Huiying: `make run` sets everything up and plays the demo; `make test` sets everything up and runs all tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test setup setup-test lint lock audit screenshots bench bench-setup chaos clean

run: setup ## set up, then play the written city day on real engines (Ctrl-C stops everything)
	$(BIN)/huiying demo

setup: $(VENV)/.runtime ## install into .venv, nothing else

$(VENV)/.runtime: deploy/requirements.lock pyproject.toml
	bash deploy/setup.sh $(PYTHON) $(VENV) deploy/requirements.lock
	touch $@

setup-test: $(VENV)/.test ## the same with the test tools and, as root on Debian or Ubuntu, a browser

$(VENV)/.test: deploy/requirements-test.lock pyproject.toml
	bash deploy/setup.sh $(PYTHON) $(VENV) deploy/requirements-test.lock
	bash deploy/setup-browser.sh
	touch $@ $(VENV)/.runtime

lint: setup-test ## style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## all tests, on the real Kafka, Elasticsearch, mail and browser, in two processes
	$(BIN)/pytest -n 2 --dist loadgroup

audit: setup-test ## known faults of dependencies (asks PyPI's advisories), and faults of our own code
	$(BIN)/bandit -q -r analyzers streams alerts deploy -c pyproject.toml
	$(BIN)/pip-audit -r deploy/requirements.lock --require-hashes --disable-pip --strict

screenshots: setup-test ## every page in light, in dark and on a phone, into pictures/, checked by axe-core
	HUIYING_TEST_PICTURES=pictures $(BIN)/pytest tests/system/test_screens.py

bench: setup-test ## the programs behind every claim of speed; each prints a table
	for program in tests/bench/bench_*.py; do $(BIN)/python $$program || exit 1; done

chaos: setup-test ## kill workers, watcher, broker and Elasticsearch while 200,000 posts stream in; then count
	$(BIN)/python tests/bench/chaos.py

bench-setup: setup-test ## quixstreams, to measure beside it, in an environment of its own that sees ours
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install -q quixstreams==3.28.1
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_paths()['purelib'])" > \
	  "$$(.venv-bench/bin/python -c "import sysconfig; print(sysconfig.get_paths()['purelib'])")/huiying.pth"

lock: ## pin every dependency with its hashes (needs uv)
	printf 'setuptools>=77\nwheel\n' | uv pip compile - --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --python-version 3.11 --universal -q -o deploy/requirements-build.lock
	uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --python-version 3.11 --universal -q -o deploy/requirements.lock
	uv pip compile pyproject.toml --all-extras -c deploy/requirements.lock --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --python-version 3.11 --universal -q -o deploy/requirements-test.lock

clean: ## remove what setup made; data stays where HUIYING_HOME is
	rm -rf $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
