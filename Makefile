# Every target sets itself up: requirements/setup.sh makes .venv once and then costs nothing.
PY := .venv/bin/python
LOCK := uv pip compile pyproject.toml requirements/build.in --universal --generate-hashes \
	--python-version 3.11 --no-header --no-annotate --quiet

.PHONY: run test lint types proto lock bench fuzz screenshots soak kill cycles monkey clean setup-run setup-dev setup-lab

run: setup-run        ## open the window; without a display, the headless tour
	@$(PY) -m app

test: setup-dev       ## the whole suite
	@$(PY) -m pytest -n 2 --dist loadfile

lint: setup-dev       ## style, format and import contracts
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@.venv/bin/lint-imports

types: setup-dev      ## mypy, strict
	@$(PY) -m mypy

proto: setup-dev      ## generate the message classes again
	@$(PY) -m grpc_tools.protoc -I proto --python_out=proto --pyi_out=proto --grpc_python_out=proto \
		products/products.proto

lock: setup-lab       ## newest allowed versions into the lock files
	@.venv/bin/$(LOCK) --upgrade -o requirements/run.txt
	@.venv/bin/$(LOCK) --group dev -c requirements/run.txt -o requirements/dev.txt
	@.venv/bin/$(LOCK) --group dev --group bench --group fuzz --group lock -c requirements/dev.txt -o requirements/lab.txt

bench: setup-lab      ## everything measured beside its reference, into docs/benchmarks.md
	@$(PY) -m tests.perf.table --write docs/benchmarks.md

fuzz: export CASES ?= 1000
fuzz: setup-lab       ## generated attacks on the live servers; a full round: make fuzz CASES=20000
	@$(PY) -m pytest -m fuzz -p no:schemathesis -s

soak: setup-dev       ## long runs that look for leaks; shorter: make soak TRILANE_SOAK_SECONDS=60
	@$(PY) -m pytest -m soak -s

kill: export ROUNDS ?= 200
kill: export SEED ?= 1
kill: setup-dev       ## servers killed while they write, the same way for the same SEED: make kill ROUNDS=20
	@$(PY) -m pytest -m kill -p no:xdist -s

cycles: export CYCLES ?= 200
cycles: setup-dev     ## the whole program started and stopped in one process; memory printed every twentieth time
	@$(PY) -m pytest tests/soak/test_cycles.py -m soak -p no:xdist -s

monkey: export SEED ?= 1
monkey: export SECONDS ?= 600
monkey: setup-dev     ## random deeds in the real window, everything watched: make monkey SEED=2 SECONDS=120
	@$(PY) -m tests.monkey.run

screenshots: export QT_QPA_PLATFORM := offscreen
screenshots: setup-run ## pictures of the window, drawn by the program
	@$(PY) -m app picture docs/images/main-window-dark.png --theme dark --size 1600x1000 --scene outage
	@$(PY) -m app picture docs/images/main-window-light.png --theme light --size 1600x1000 --scene outage
	@$(PY) -m app picture docs/images/outage-before.png --theme dark --size 1280x800 --scene calm
	@$(PY) -m app picture docs/images/outage-during.png --theme dark --size 1280x800 --scene outage
	@$(PY) -m app picture docs/images/orders.png --theme dark --size 1280x800 --scene orders
	@$(PY) -m app picture docs/images/repeat.png --theme light --size 1280x800 --scene repeat
	@$(PY) -m app picture docs/images/protocols.png --theme dark --size 1280x800 --scene protocols
	@$(PY) -m tests.support.explorer_picture docs/images/explorer.png

clean:                ## forget the environment and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-run setup-dev setup-lab:
	@sh requirements/setup.sh $(@:setup-%=%)
