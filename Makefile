## make          build/lib/libdosai.so.0 and build/bin/dosai
## make demo     a real model's tokens through the tool, C and Python
## make test     every gate and test, in order; `make test-NAME` runs one: $(STAGES)
## make format   Swift and C set as the format gate wants them
## make clean    away with everything that was built or installed here
## What is missing on the machine is installed by apt where you may, else named.

STAGES = build gates swift conformance threads address valgrind python model
GATES = header layers exports footprint format docs

LIBRARY = build/lib/libdosai.so.0
LINK = build/lib/libdosai.so
TOOL = build/bin/dosai
VENV = build/venv/ready
PYTHON = build/venv/bin/python
SOURCES := Package.swift $(shell find Sources include)
CFLAGS ?= -O2

.DELETE_ON_ERROR:
.PHONY: all demo test format clean help need-build need-python need-test $(STAGES:%=test-%)

all: $(LIBRARY) $(LINK) $(TOOL)

# A chain, so that never two of them run apt at once.
need-build:
	@scripts/install-dependencies build
need-python: need-build
	@scripts/install-dependencies python
need-test: need-python
	@scripts/install-dependencies test

# SwiftPM does not know that the version script is an input: without the product it links anew.
$(LIBRARY): $(SOURCES) Makefile | need-build
	@rm -f .build/release/libdosai.so
	swift build -c release --product dosai --disable-local-rpath
	@mkdir -p $(@D)
	strip --strip-all -o $@ .build/release/libdosai.so

$(LINK): $(LIBRARY)
	ln -sf $(<F) $@

$(TOOL): $(wildcard examples/tool/*.[ch]) include/dosai.h $(LINK)
	@mkdir -p $(@D)
	$(CC) -std=c99 -Wall -Wextra $(CPPFLAGS) $(CFLAGS) -Iinclude -o $@ $(filter %.c,$^) \
	  $(LDFLAGS) -Lbuild/lib -ldosai -Wl,-rpath,'$$ORIGIN/../lib'

$(VENV): | need-python
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check pytest
	@touch $@

demo: all need-python
	@scripts/demo

test:
	@passed=0; for stage in $(STAGES); do \
	  printf '\n== %s\n' "$$stage"; \
	  $(MAKE) --no-print-directory "test-$$stage" || { \
	    printf '\nmake test-%s failed\n%d passed, 1 failed\n' "$$stage" "$$passed"; exit 1; }; \
	  passed=$$((passed + 1)); \
	done; printf '\n%d passed, 0 failed\n' "$$passed"

test-build: all

test-gates: all need-test
	@set -e; for gate in $(GATES); do scripts/check-$$gate; done

test-swift: need-build
	swift test --disable-xctest

test-conformance: all need-test
	python3 Tests/Conformance/run.py

# The debug build: the toolchain's own clang links the host, which the sanitizer wants to have libdispatch.
test-threads: need-test
	@set -e; \
	swift=$$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p'); \
	swift build --sanitize=thread --scratch-path .build-thread --product dosai -Xlinker -rpath -Xlinker "$$swift/linux"; \
	python3 Tests/Conformance/run.py --only threads --library .build-thread/debug --cc "$$swift/../../bin/clang" \
	  --cflags="-fsanitize=thread -L$$swift/linux -ldispatch -lBlocksRuntime -Wl,-rpath,$$swift/linux"

test-address: need-build
	swift test --disable-xctest --sanitize=address --scratch-path .build-address -Xswiftc -use-ld=lld

test-valgrind: all need-test
	python3 Tests/Conformance/run.py --valgrind

test-python: all need-test $(VENV)
	PYTHONPATH=$(CURDIR)/bindings/python $(PYTHON) -m pytest -q -p no:cacheprovider bindings/python

test-model: all need-test $(VENV)
	PYTHONPATH=$(CURDIR)/bindings/python scripts/model-server run -- $(PYTHON) -m pytest -q -p no:cacheprovider Tests/Model

format: need-test
	@scripts/check-format --fix

clean:
	rm -rf build .build .build-*

help:
	@sed -n 's/^## //p' Makefile | sed 's/$$(STAGES)/$(STAGES)/'
