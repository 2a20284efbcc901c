# SPDX-License-Identifier: ISC
# What reads strangers' bytes and files, under libFuzzer; and its corpora, as
# plain tests of every kind of build.

FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_COVER := $(patsubst build/release%,build/cover%,$(B))
SECONDS := 600

$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/libctl.a $(B)/libserver.a
	@mkdir -p $(@D) && echo "  ld $@"
	@$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

tests-built: $(FUZZ:%=$(B)/unit/%)
$(FUZZ:%=$(B)/unit/%): $(B)/unit/%: $(B)/tests/fuzz/%.o \
    $(B)/tests/fuzz/replay.o $(B)/libctl.a $(B)/libserver.a
	@mkdir -p $(@D) && echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
-include $(wildcard $(B)/tests/fuzz/*.d)

.PHONY: fuzz fuzz-keep
fuzz fuzz-keep: need-lint
	@$(MAKE) --no-print-directory KIND=fuzz CC=clang \
	    $(FUZZ:%=build/fuzz-clang/fuzz/%)
	@printf '%s\n' $(FUZZ:%=build/fuzz-clang/fuzz/%) | \
	    $(if $(filter fuzz,$@),xargs -P $(shell nproc) -I {} \
	    tests/fuzz/run {} $(SECONDS),xargs -n 1 tests/fuzz/keep)

# Which lines the corpora reach, and no other test.
.PHONY: fuzz-cover
fuzz-cover: need-cover
	@$(MAKE) --no-print-directory KIND=cover $(FUZZ:%=$(FUZZ_COVER)/unit/%)
	@tests/fuzz/cover $(FUZZ_COVER) $(FUZZ)

#: fuzz     what reads strangers and files, under libFuzzer; SECONDS=600 each
#: fuzz-cover  which lines of what is fuzzed the corpora reach: 95 %
#: fuzz-keep  what that found, the least of it, into tests/fuzz/corpus
