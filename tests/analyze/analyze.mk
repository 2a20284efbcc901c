# SPDX-License-Identifier: ISC
# What looks for faults without running anything; clang-tidy is make lint's.

.PHONY: analyze
analyze: need-lint
	@tests/analyze/run
#: analyze  gcc's -fanalyzer, clang's analyzer, cppcheck; tests/analyze/answers
