# SPDX-License-Identifier: ISC
# Certificates that live for a minute, for three of their lives: it
# is what happens in nine months, only faster (RULES A4).

load lib

LIFE=60 # runs are 10 s apart, and an order takes one or two

prepare() {
	dns_start
	ca_start ca "certificateValidityPeriod=$LIFE"
}

@test "rules_a4 three lifetimes under a client: no failed fetch, none expired" {
	local names=(a.example.com b.example.com c.example.org d.example.net)
	local until least
	point "${names[@]}"
	conf "${names[@]}" >"$CONF"
	bodies "$T/bodies" 604800 "${names[@]}"
	start_daemon
	wait_served 120 "${names[@]}"
	watch "${names[@]}"
	start_load -c 1 "$T/bodies"
	# without pause, but not at the cost of what it looks at
	renice -n 19 -p "$LOAD" >/dev/null
	until=$((SECONDS + 3 * LIFE))
	while ((SECONDS < until)); do
		is_running && kill -0 "$LOAD" || break
		sleep 1
	done
	end_load
	watched
	figure "$(grep good "$T/load.out")"
	figure "certificates of $LIFE s for $((3 * LIFE)) s, $(orders) orders: $WATCHED"
	[ "$(watched_figure away)" = 0 ]
	[ "$(watched_figure none)" = 0 ]
	# each host's at the very least three times anew, and not without end
	(($(watched_figure certificates) >= 4 * 4))
	(($(orders) <= 5 * 12))
	least=$(watched_figure least)
	((${least%.*} >= LIFE / 10)) || fail "renewed at the last moment: $least"
}
