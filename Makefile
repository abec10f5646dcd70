# Needs make, git and Go (1.26 or newer; 1.21 or newer fetches it). `make demo` needs nothing else.
# `make test` and `make e2e` also want a C compiler, Node, Chromium and Spin: scripts/need finds or installs them.

ADDR     ?= 127.0.0.1:8787
FUZZTIME ?= 10s
DEPTH    ?= 2

WASIP1 = GOOS=wasip1 GOARCH=wasm
NODE_MODULES = js/node_modules/.package-lock.json
FLEX_MODULES = e2etest/flex/node_modules/.package-lock.json
TRANSPORT_MODULES = e2etest/transports/node_modules/.package-lock.json

.PHONY: demo wasm check test e2e flex transports fuzz soak explore bench size clean

# The company's site, its agent's desk and what the relay sees, on http://$(ADDR). State in .demo/.
demo: wasm
	go build -o .build/sealwire ./server/cmd/sealwire
	exec .build/sealwire demo -addr $(ADDR) -dir .demo

# js/core/sealwire.wasm, and its hash and size in js/core/module.js.
wasm:
	go run ./js/core/build

# Formatting, vet and staticcheck (natively and for wasip1), types, the package as npm packs it, walls, size.
check: wasm $(NODE_MODULES)
	@out=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); test -z "$$out" || { echo "not gofmt'ed:"; echo "$$out"; exit 1; }
	go vet ./...
	$(WASIP1) go vet ./wasm/...
	go tool staticcheck ./...
	tool=$$(go tool -n staticcheck) && $(WASIP1) $$tool -checks=inherit,-U1000 ./wasm/... # it takes wasm exports for unused
	cd js && node_modules/.bin/tsc -p tsconfig.json && node --test test/package.test.js
	go test -timeout 30m ./e2etest/walls
	go run ./scripts/size

# Everything that must hold at each commit. Fuzz seeds run as ordinary tests, and the
# model of the commit rule is searched by Spin (e2etest/model), which compiles with cc.
test: check
	scripts/need cc chromium spin
	go test -race -timeout 30m $$(go list ./... | grep -v -e /e2etest -e /server/proxies)
	$(WASIP1) go test -timeout 30m -exec="$(CURDIR)/scripts/wasip1" ./wasm/...
	cd js && node --test
	go test -short -timeout 30m ./e2etest/... ./server/proxies

# All of the browser scenarios, and the relay behind proxies.
e2e: wasm $(NODE_MODULES)
	scripts/need cc chromium node spin nginx caddy
	go test -count=1 -timeout 60m ./e2etest/... ./server/proxies

# The plugin in the real Flex UI. Installs 640 MB of packages under e2etest/flex and bundles them, once.
# First the types of what is used of Flex and of the guard on the real SDK, which take seconds.
flex: wasm $(NODE_MODULES) .build/flex/flex.js
	scripts/need chromium
	cd js && node_modules/.bin/tsc -p tsconfig.types.json
	cd e2etest/flex && node --test sdk.test.mjs types.test.mjs
	SEALWIRE_FLEX=1 go test -count=1 -timeout 30m ./e2etest/flex

# A customer's page and an agent in the real Flex UI, over a cloud in memory, on http://$(ADDR). Needs no account.
flex-demo: wasm .build/flex/flex.js
	go run ./e2etest/flex/example -addr $(ADDR)

# The transports against the platforms' own types and library. Installs 150 MB of packages under e2etest/transports, once.
transports: wasm $(NODE_MODULES) $(TRANSPORT_MODULES)
	cd e2etest/transports && ../../js/node_modules/.bin/tsc -p tsconfig.json && node --test

# Each fuzz target in turn, FUZZTIME each.
fuzz:
	scripts/fuzz $(FUZZTIME)

# The long forms of what make test does briefly: a thousand kills, thousands of sockets, a crowd that comes and goes,
# a million nonces, the model's large worlds.
soak: wasm
	scripts/need cc spin
	SEALWIRE_KILLS=1000 go test -count=1 -v -timeout 60m -run TestS01 ./server/cmd/sealwire
	SEALWIRE_SOCKETS=5000 SEALWIRE_COMERS=100000 go test -count=1 -v -timeout 60m -run 'TestA15|TestA16' ./server/relay
	SEALWIRE_NONCES=1000000 go test -count=1 -v -timeout 60m ./e2etest/nonces
	SEALWIRE_MODEL=deep go test -count=1 -v -timeout 90m ./e2etest/model

# Every order of steps in small worlds, DEPTH steps further than in make test, and 100,000 schedules of a relay that lies.
explore:
	SEALWIRE_DEPTH=$(DEPTH) SEALWIRE_SCHEDULES=100000 go test -count=1 -v -timeout 12h ./e2etest/explore

# Figures beside their floors and beside other libraries, in some minutes. Never fails for being slow.
# Parts: make bench BENCH="node chromium moves file relay idle".
bench: wasm $(NODE_MODULES)
	scripts/need node chromium
	go run ./e2etest/bench $(BENCH)

# The module as a browser downloads it, against its budget.
size: wasm
	go run ./scripts/size

clean:
	rm -rf .build .demo js/core/sealwire.wasm js/core/module.js js/types js/README.md js/LICENSE js/node_modules e2etest/flex/node_modules e2etest/transports/node_modules

$(FLEX_MODULES): e2etest/flex/package-lock.json
	scripts/need node
	@echo "installing the real Flex UI for its tests (npm ci, no install scripts, 640 MB)"
	cd e2etest/flex && npm ci --legacy-peer-deps --ignore-scripts --no-audit --no-fund

.build/flex/flex.js: $(FLEX_MODULES) e2etest/flex/build.mjs e2etest/flex/entry.js $(wildcard e2etest/flex/shims/*)
	@echo "bundling the real Flex UI (half a minute; kept until one of its inputs changes)"
	cd e2etest/flex && node build.mjs ../../.build/flex/flex.js

$(TRANSPORT_MODULES): e2etest/transports/package-lock.json
	scripts/need node
	@echo "installing the platforms' libraries for the transports' tests (npm ci, no install scripts, 150 MB)"
	cd e2etest/transports && npm ci --ignore-scripts --no-audit --no-fund

$(NODE_MODULES): js/package-lock.json
	scripts/need node
	@echo "installing the JavaScript tests' tools and oracles (npm ci, no install scripts)"
	cd js && npm ci --ignore-scripts --no-audit --no-fund
