# Everything a newcomer types. Each target sets up what it needs: Debian packages where it may, then .venv/.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SYSTEM := $(VENV)/.system
UNPACKED := build/unpacked/.ready
CATALOGUES := $(wildcard provisioning/locale/*/LC_MESSAGES/*.po)
# Workers of the test run, one more than the cores: the tests start real servers, and often wait for them. A file's tests
# share what they start, so each file is run by one worker.
JOBS ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo test check units sweep soak packagetest batchtest fleetload fuzz bench deb lock messages tables contract clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(READY) ## play the demonstration; ONCE=1 ends by itself, LANGUAGE_TAG=zh_CN speaks Chinese
	$(BIN)/jumpguard demo $(if $(ONCE),--once) $(if $(LANGUAGE_TAG),--language $(LANGUAGE_TAG))

test: check units ## lint, type check and run every test

check: $(READY) ## lint and type check only
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

units: $(READY) $(SYSTEM) $(UNPACKED) ## run the tests only
	$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile --durations 30

sweep: $(READY) $(SYSTEM) $(UNPACKED) ## the full sweeps of power cuts, disk faults, the acquirer exchange, installations and more: about 25 minutes
	$(BIN)/pytest --numprocesses $(JOBS) -m sweep tests/board tests/faults tests/provisioning/install tests/provisioning/upkeep tests/update tests/tools/demo tests/tools/test_bench.py tests/tools/fleet/rollouts tests/tools/fleet/test_workers.py

soak: $(READY) $(SYSTEM) ## 10,000 events on each broker while its parts are killed; SOAK_SEED=N draws the same kills again
	$(BIN)/pytest --capture=no -m soak tests/soak

packagetest: $(READY) $(SYSTEM) ## as root: install, upgrade, remove and purge the packages and run releases from slots, in fresh systems of Debian, about six minutes
	sh tools/debian_packages.sh debootstrap
	$(BIN)/pytest -m package tests/tools/package

batchtest: $(READY) $(SYSTEM) ## 300 virtual terminals from one table, over a kill of the batch, about ten minutes; BATCH_TERMINALS=N for fewer
	$(BIN)/pytest --capture=no -m batch tests/provisioning/batch

fleetload: $(READY) $(SYSTEM) ## 10,000 terminals at broker and backend, while that is killed too, with PostgreSQL, and 1,000 over TLS: about 50 minutes; FLEETLOAD_MINUTES=N and FLEETLOAD_TERMINALS=N for fewer
	$(BIN)/pytest --capture=no -m fleetload tests/tools/fleet/load

fuzz: $(READY) $(SYSTEM) ## made-up requests and messages for the fleet's REST API and topics, some minutes; FUZZ_EXAMPLES=N for more of each
	$(BIN)/pytest --numprocesses $(JOBS) -m fuzz tests/tools/fleet tests/hostile

bench: $(READY) $(SYSTEM) ## measure one counter, the fleet's link, its backend and revoking beside their targets, about seven minutes; JSON=1 prints JSON
	@$(BIN)/jumpguard bench counter $(if $(JSON),--json)
	@$(BIN)/jumpguard bench link $(if $(JSON),--json)
	@$(BIN)/jumpguard bench fleet $(if $(JSON),--json)
	@$(BIN)/jumpguard bench revoke $(if $(JSON),--json)

deb: $(READY) ## build the Debian packages into build/; ARCH=arm64 and PYTHON_VERSION=3.13 build fewer
	$(BIN)/python -m tools.package $(if $(ARCH),--arch $(ARCH)) $(if $(PYTHON_VERSION),--python $(PYTHON_VERSION))

lock: $(READY) ## resolve the dependencies anew into locks/
	$(BIN)/python tools/lock.py

messages: $(READY) ## collect the texts to translate into the catalogues
	$(BIN)/pybabel extract --keywords mark --no-wrap --no-location --sort-output --project jumpguard -o provisioning/locale/jumpguard.pot board provisioning tools
	$(BIN)/pybabel update --no-wrap --no-fuzzy-matching --ignore-obsolete -D jumpguard -i provisioning/locale/jumpguard.pot -d provisioning/locale

tables: $(READY) ## write the tables of both READMEs from the code: the doctor's checks, reasons, lights and sounds
	$(BIN)/python -m tools.readme_tables

contract: build/contract/node_modules ## check the fleet contract and write it as a page, build/contract.html
	cp tools/contract/page/*.mjs tools/contract/page/*.css build/contract/
	node build/contract/render.mjs tools/contract/asyncapi.yaml build/contract.html

clean: ## remove the environment and everything that is built
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# What the environment and the tests need of Debian.
$(SYSTEM): Makefile | $(READY)
	sh tools/debian_packages.sh chromium faketime fonts-dejavu-core fonts-droid-fallback mosquitto openssh-client openssh-server openssl poppler-utils postgresql softhsm2 \
	  strace systemd util-linux zbar-tools
	@touch $@

# What a card's first boot is held against: cloud-init's schema and netplan. Unpacked and never installed, since they would
# take part in this machine's next start.
$(UNPACKED): | $(SYSTEM)
	mkdir -p build/unpacked
	cd build/unpacked && { apt-get download --quiet cloud-init netplan.io libnetplan0 || \
		{ apt-get update --quiet && apt-get download --quiet cloud-init netplan.io libnetplan0; }; }
	for package in build/unpacked/*.deb; do dpkg --extract $$package build/unpacked; done
	@touch $@

# AsyncAPI's own parser and page, which nothing else needs. `npm install` in the folder of the sources renews its lock.
build/contract/node_modules: tools/contract/page/package-lock.json
	command -v npm >/dev/null || sh tools/debian_packages.sh nodejs npm
	mkdir -p build/contract && cp tools/contract/page/package*.json tools/contract/page/.npmrc build/contract/
	cd build/contract && npm ci
	@touch $@

# PYPI=1 has lgpio, where it is built from source (Python 3.13, not on ARM), contain its C library as its own wheels do.
$(READY): pyproject.toml setup.py locks/develop.txt $(CATALOGUES)
	sh tools/debian_packages.sh --python $(PYTHON)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	PYPI=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/develop.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
