# SPDX-License-Identifier: ISC
# Strangers who mean harm, and machines that fail. ATTACK=long: all of it.

ATTACK_PACKAGES := sslscan testssl.sh slowhttptest haproxy strace faketime

# What is preloaded is built alike for every kind: no sanitizer fits into it.
ATTACK_TOOLS := $(B)/attack/nomem.so $(B)/attack/variants $(B)/attack/filtered
$(B)/attack/%.so: tests/attack/%.c
	@mkdir -p $(@D) && echo "  ld $@"
	@$(CC) $(CPPFLAGS) -std=c17 $(WARNINGS) -O2 -fPIC -shared -o $@ $<

$(B)/attack/%: $(B)/tests/attack/%.o $(B)/libserver.a
	@mkdir -p $(@D) && echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
-include $(wildcard $(B)/tests/attack/*.d)

.PHONY: attack attack-long need-attack
need-attack deps: NEED += $(ATTACK_PACKAGES)
need-attack: NEED += $(TEST_PACKAGES)
need-attack:
	@tests/need $(BUILD_PACKAGES) $(NEED)

attack: need-attack
	@$(MAKE) --no-print-directory tests-built $(ATTACK_TOOLS)
	@tests/run $(B) attack

attack-long:
	@$(MAKE) --no-print-directory ATTACK=long attack
	@$(MAKE) --no-print-directory ATTACK=long KIND=asan attack
#: attack   as strangers and failing machines would; KIND=asan; ATTACK=long;
#:          MTA_STSD_SOAK_S=60: seconds of the soak
