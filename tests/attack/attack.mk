# SPDX-License-Identifier: ISC
# Strangers who mean harm. ATTACK=long: all of it.

ATTACK_PACKAGES := sslscan testssl.sh slowhttptest haproxy

.PHONY: attack attack-long need-attack
need-attack deps: NEED += $(ATTACK_PACKAGES)
need-attack: NEED += $(TEST_PACKAGES)
need-attack:
	@tests/need $(BUILD_PACKAGES) $(NEED)

attack: need-attack
	@$(MAKE) --no-print-directory tests-built
	@tests/run $(B) attack

attack-long:
	@$(MAKE) --no-print-directory ATTACK=long attack
	@$(MAKE) --no-print-directory ATTACK=long KIND=asan attack
#: attack   as strangers who mean harm would; KIND=asan; ATTACK=long
