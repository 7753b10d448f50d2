# Ringback. `make run` to try it, `make test` for everything, `make check` before a commit.
SHELL := /bin/bash
NODE_ENV_FLAGS := --import tsx
.PHONY: run start test test-unit test-sip-conformance check bench bench-long build setup packages clean

run: setup build-browser ## everything on this machine, demo company included; Ctrl-C stops it
	@exec node $(NODE_ENV_FLAGS) embedded/main.ts

start: build ## production: no demo, no embedded back end; settings from the environment or .env
	@exec node build/deploy/start.js

test: build packages ## all tests, with real Redis, SIP phones and a real browser
	@node $(NODE_ENV_FLAGS) deploy/run-tests.ts

test-unit: setup ## in seconds, no services
	@node_modules/.bin/mocha 'test/unit/**/*.test.ts'

test-sip-conformance: node_modules/.installed ## drachtio-srf's own test suite against the embedded SIP server
	@deploy/ensure-packages.sh sipp
	@node $(NODE_ENV_FLAGS) test/embedded/sip-server/conformance/main.ts

check: setup build-browser ## types, lint, format, imports, dead code, sizes
	@node_modules/.bin/tsc -b
	@node_modules/.bin/eslint --cache .
	@node_modules/.bin/prettier --check --log-level warn .
	@node_modules/.bin/depcruise --output-type err contracts server-kit routing contact-server web-dmz widget agent-portal embedded deploy bench test
	@node_modules/.bin/knip
	@node $(NODE_ENV_FLAGS) deploy/check-sizes.ts

bench: setup build-browser ## BENCH=accept make bench runs one; one JSON object a line
	@node $(NODE_ENV_FLAGS) bench/main.ts $(BENCH)

bench-long: setup ## the simulator over twelve days, a race of 10^6 requests; takes some minutes
	@LONG=1 node $(NODE_ENV_FLAGS) bench/main.ts simulator race

build: setup build-browser ## compiled programs in build/
	@node_modules/.bin/tsc -b
	@cp package.json build/

build-browser: setup
	@node $(NODE_ENV_FLAGS) deploy/build-browser.ts > /dev/null

setup: node_modules/.installed redis

redis: ; @deploy/ensure-packages.sh redis-server
packages: ; @deploy/ensure-packages.sh redis-server chromium sipp baresip

node_modules/.installed: package.json package-lock.json
	@echo "installing npm packages"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf build node_modules
.PHONY: redis build-browser
