# SPDX-License-Identifier: ISC
# make help lists the targets. All that is made lies below build/.

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
VERSION := 0.1.0
KIND ?= release
B := build/$(KIND)$(if $(filter gcc,$(CC)),,-$(notdir $(CC)))
MAKEFLAGS += --no-builtin-rules
MAKEFLAGS += $(if $(filter 0,$(MAKELEVEL)),--jobs=$(shell nproc))

BUILD_PACKAGES := gcc make pkg-config libmicrohttpd-dev libssl-dev \
    libyaml-dev libidn2-dev libpsl-dev libseccomp-dev curl \
    libcurl4-openssl-dev libunbound-dev libjansson-dev uacme
TEST_PACKAGES := check bats parallel python3 openssl curl iproute2 procps \
    util-linux pebble bind9 bind9-utils bind9-dnsutils unbound \
    postfix-mta-sts-resolver nginx libnginx-mod-stream systemd-container \
    podman runc mmdebstrap python3-yaml prometheus
COVER_PACKAGES := gcovr
LINT_PACKAGES := clang libclang-rt-dev clang-format clang-tidy cppcheck shellcheck mandoc

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wvla -Wformat=2 -Wcast-qual -Wconversion $(if $(CI),-Werror)
CFLAGS_release := -O2 -D_FORTIFY_SOURCE=3
CFLAGS_asan := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
    -fno-sanitize-recover=undefined -DNO_SANDBOX
CFLAGS_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=undefined -DNO_SANDBOX
CFLAGS_cover := -O0 --coverage -DNO_SANDBOX
PKGS := libmicrohttpd libssl libcrypto yaml-0.1 libidn2 libpsl libseccomp \
    libcurl libunbound jansson
CPPFLAGS += -D_GNU_SOURCE -DMTA_STSD_VERSION='"$(VERSION)"' -Iserver -I.
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
CHECK_LIBS := $(shell pkg-config --libs check 2>/dev/null)
CFLAGS += -std=c17 -g -fstack-protector-strong -fPIE -fno-common \
    $(WARNINGS) $(CFLAGS_$(KIND)) $(PKG_CFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed \
    $(filter -fsanitize% --coverage,$(CFLAGS_$(KIND)))
LDLIBS := $(PKG_LIBS) -lpthread

SERVER := $(filter-out server/daemon/main.c,$(wildcard server/*/*.c))
CTL := $(filter-out ctl/main.c,$(wildcard ctl/*.c))
UNIT := $(wildcard tests/unit/check_*.c)
TOOLS := $(wildcard tests/e2e/*.c)
PARTS := $(wildcard tests/e2e/parts/*.c)
obj = $(patsubst %.c,$(B)/%.o,$(1))

.DELETE_ON_ERROR .SECONDARY:
.PHONY: all run check unit e2e real floors lint asan nightly cover deps \
    need-build need-test need-cover need-lint clean help tests-built

all: $(B)/mta-stsd $(B)/mta-stsctl $(B)/uacme-hook

$(B)/libserver.a: $(call obj,$(SERVER))
$(B)/libctl.a: $(call obj,$(CTL))
$(B)/lib%.a:
	@rm -f $@
	@$(AR) rcs $@ $^

# mta-stsctl looks for it beside itself.
$(B)/uacme-hook: certs/uacme-hook
	@install -D $< $@

$(B)/mta-stsd: $(B)/server/daemon/main.o $(B)/libserver.a
$(B)/mta-stsctl: $(B)/ctl/main.o $(B)/libctl.a $(B)/libserver.a
$(B)/mta-stsd $(B)/mta-stsctl:
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)

$(B)/unit/%: $(B)/tests/unit/%.o $(B)/libctl.a $(B)/libserver.a
	@mkdir -p $(@D) && echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(CHECK_LIBS)

$(B)/e2e/%: $(B)/tests/e2e/%.o $(call obj,$(PARTS)) \
    $(B)/libctl.a $(B)/libserver.a
	@mkdir -p $(@D) && echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D) && echo "  cc $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

include systemd/install.mk $(wildcard tests/*/*.mk)
-include $(patsubst %.o,%.d,$(call obj,$(SERVER) server/daemon/main.c \
    $(CTL) ctl/main.c $(UNIT) $(TOOLS) $(PARTS)))

tests-built: all $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT)) \
    $(patsubst tests/e2e/%.c,$(B)/e2e/%,$(TOOLS))

run: need-build
	@$(MAKE) --no-print-directory all && conf/run-demo $(B)

real: deb
check unit e2e real: need-test
	@$(MAKE) --no-print-directory tests-built
	@tests/run $(B) $(if $(filter check,$@),floors unit e2e,$@)

asan: need-test
	@$(MAKE) --no-print-directory KIND=asan tests-built
	@tests/run $(patsubst build/release%,build/asan%,$(B)) floors unit e2e

# What takes too long for every change.
nightly: export MTA_STSD_DOMAINS := 500
nightly:
	@for t in check 'CC=clang check' asan 'REAL=long real' packages analyze attack-long \
	    fuzz fuzz-cover; do $(MAKE) --no-print-directory $$t || exit 1; done

lint: need-lint
floors lint:
	@tests/$@

cover: need-cover
	@$(MAKE) --no-print-directory KIND=cover tests-built
	@tests/run $(patsubst build/release%,build/cover%,$(B)) unit e2e
	@gcovr -r . --object-directory build server ctl

# Each asks for what is missing alone, so that a second run needs no network.
need-test need-cover need-lint deps: NEED += $(TEST_PACKAGES)
need-cover deps: NEED += $(COVER_PACKAGES)
need-lint deps: NEED += $(LINT_PACKAGES)
need-build need-test need-cover need-lint deps:
	@tests/need $(BUILD_PACKAGES) $(NEED)

clean:
	rm -rf build

help:
	@sed -n "s/^#: //p" $(filter-out %.d,$(MAKEFILE_LIST))
#: all      build/release/mta-stsd and build/release/mta-stsctl
#: run      install what is missing, build, serve conf/demo.yaml
#: check    install what is missing, run every test
#: unit e2e floors  one kind of test alone
#: asan     the same tests under the sanitizers
#: lint     clang-format, clang-tidy, shellcheck, mandoc
#: cover    the same tests, and which lines they reach
#: real     with a CA, DNS, uacme, systemd in earnest; REAL=long: more of it
#: nightly  check with gcc and clang, asan, real, packages, long fuzz
#: deps     install what any target needs; need-build, what all needs
#: clean    remove build/
#: CC=clang builds with clang, below build/release-clang
