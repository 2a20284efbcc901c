# SPDX-License-Identifier: ISC
# Many names at once, with a CA that rejects nonces; and the pace (RULES A3).

load lib

prepare() {
	dns_start
}

# pairs: how many hosts have a certificate, in $PAIRS.
pairs() {
	local found=("$STATE"/certs/*/cert.pem)
	PAIRS=${#found[@]}
	[ -e "${found[0]}" ] || PAIRS=0
}

has_pairs() {
	pairs
	((PAIRS >= $1))
}

@test "all of many names are issued, unattended, though nonces are rejected" {
	local count=40 names began took
	# About one order in six meets more of them than uacme bears, and is
	# tried thrice again at once: with 40 names, once in thirty runs, one
	# has to wait for its next try.
	local unlucky='warning: mta-sts.*: failed: the CA rejects one nonce'
	expect_log "$unlucky"
	! is_long || count=200
	mapfile -t names < <(many "$count")
	ca_start ca PEBBLE_WFE_NONCEREJECT=30
	ACME='orders_per_3h: 1000'
	point "${names[@]}"
	conf "${names[@]}" >"$CONF"
	began=$EPOCHREALTIME
	start_daemon
	wait_until $((60 + count * 6)) "$count names" has_pairs $((count + 1))
	took=$(since "$began")
	wait_until 10 "the last one to be served" served "${names[-1]}"
	served "${names[@]}"
	figure "$count domains, 30 % of the nonces rejected: $took s, $(orders) orders"
	(($(orders) >= count + 1 && $(orders) <= 2 * count))
	[ "$(log_count "$LOG_ISSUED")" = $((count + 1)) ]
	(($(log_count "$unlucky") <= 1 + count / 40))
}

@test "rules_a3 no more orders than the pace allows, and it is told until when" {
	local names
	mapfile -t names < <(many 8)
	ca_start
	ACME='orders_per_3h: 5'
	point "${names[@]}"
	conf "${names[@]}" >"$CONF"
	start_daemon
	wait_until 60 "five pairs" has_pairs 5
	wait_log "$LOG_PACE" 90
	# neither a change nor a knock gets one more
	point more.example.com
	conf "${names[@]}" more.example.com | replace "$CONF"
	wait_until 60 "the change to be seen to" pace_told 2
	knock "${names[@]}"
	wait_until 60 "the knocks to be heard" pace_told 3
	[ "$(orders)" = 5 ] || fail "orders: $(orders)"
	pairs
	[ "$PAIRS" = 5 ]
}

pace_told() {
	(($(log_count "$LOG_PACE") >= $1))
}
