# SPDX-License-Identifier: ISC
# Two daemons for the same names, one of which renews; and from a CA's staging
# to its production (RULES A9).

load lib

prepare() {
	dns_start
	ca_start
}

@test "two hosts, one redirects: issued whichever of them the CA asks" {
	local names=(a.example.com b.example.com c.example.org d.example.net)
	local n name
	for n in "${!names[@]}"; do
		name=mta-sts.${names[n]}
		# the CA asks the first that it is given
		if ((n & 1)); then
			dns_a "$name" "$ADDR" "$SECOND"
		else
			dns_a "$name" "$SECOND" "$ADDR"
		fi
	done
	dns_a vps1.example.net "$ADDR"
	conf "${names[@]}" >"$CONF"
	second conf "${names[@]}" >"$T/conf/second.yaml"
	second start_daemon
	start_daemon
	wait_served 120 "${names[@]}"
	for name in "${names[@]}"; do
		[ "$(grep -c "validate w/ HTTP: http://mta-sts.$name" \
		    "$T/ca.log")" -ge 1 ] || fail "$name: not by http-01"
	done
	# the second one orders nothing, and serves once it has the pairs
	[ "$(orders)" = 5 ] || fail "orders: $(orders)"
	refute test -e "$T/second/renew"
	refute second served a.example.com
	cp -a "$STATE/certs/." "$T/second/certs/"
	second wait_served 5 "${names[@]}"
	second stop_daemon
	expect_log "warning: .*$LOG_NO_PAIR"
	second judge_log
}

@test "two hosts, and the one that redirects is down: no order" {
	dns_a mta-sts.both.example.com "$ADDR" "$SECOND"
	dns_here mta-sts.one.example.com
	conf both.example.com one.example.com >"$CONF"
	start_daemon
	wait_served 120 one.example.com
	wait_sight both.example.com "$SECOND"
	[ "$(orders)" = 2 ] || fail "orders: $(orders)"
}

@test "rules_a9 from staging to production: every pair is replaced" {
	local names=(a.example.com b.example.com c.example.org d.example.net)
	point "${names[@]}"
	conf "${names[@]}" >"$CONF"
	start_daemon
	wait_served 120 "${names[@]}"
	wait_until 60 "the host's own" fetch "$OUR_HOST" /
	ca_start ca2
	cat "$T/ca.pem" "$T/ca2.pem" >"$T/both.pem"
	CA=$T/both.pem watch "${names[@]}"
	DIRECTORY=https://ca2.example.net:14000/dir
	conf "${names[@]}" | replace "$CONF"
	refute served a.example.com
	wait_until 60 "the new CA's pairs" served "${names[@]}"
	wait_until 60 "the host's own" fetch "$OUR_HOST" /
	watched
	figure "every pair replaced: $WATCHED"
	[ "$(watched_figure away)" = 0 ]
	[ "$(watched_figure none)" = 0 ]
	[ "$(watched_figure certificates)" = 8 ]
	[ "$(orders ca)" = 5 ] || fail "orders: $(orders ca)"
	[ "$(orders ca2)" = 5 ] || fail "orders: $(orders ca2)"
}
