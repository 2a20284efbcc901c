# SPDX-License-Identifier: ISC
# How fast, beside what a user would set up instead.

BENCH_PACKAGES := nginx haproxy h2o valgrind
.PHONY: bench bench-quick bench-count bench-access need-bench
need-bench deps: NEED += $(BENCH_PACKAGES)
need-bench: NEED += $(TEST_PACKAGES)
need-bench:
	@tests/need $(BUILD_PACKAGES) $(NEED)

$(B)/bench/%: $(B)/tests/bench/%.o $(B)/libserver.a
	@mkdir -p $(@D) && echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
-include $(wildcard $(B)/tests/bench/*.d)

bench bench-quick: need-bench
	@$(MAKE) --no-print-directory all $(B)/e2e/load $(B)/bench/floor
	@python3 tests/bench/bench.py $(if $(filter bench,$@),,--quick) $(B)

# KEEP=--keep where a change is meant to cost what it costs.
bench-count: need-bench
	@$(MAKE) --no-print-directory all $(B)/bench/count
	@python3 tests/bench/count.py $(KEEP) $(B)
# Processor time beside that without, in one run.
bench-access: need-bench
	@$(MAKE) --no-print-directory all $(B)/e2e/load
	@python3 tests/bench/access.py $(B)
#: bench-access     what the access log costs: 5 % at most
#: bench-count      instructions of a fetch, held against those kept
#: bench    beside nginx, haproxy and h2o; bench-quick: a short form
