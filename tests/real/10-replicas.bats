# SPDX-License-Identifier: ISC
# Two replicas for availability: one renews, both serve the pairs of one shared
# directory, and customers' names lead to both.

load lib

prepare() {
	dns_start
	ca_start
	SHARED=$T/shared
	install -d -o nobody "$SHARED"
	SETTINGS="certs: $SHARED"
	NAMES=(a.example.com b.example.com c.example.org d.example.net)
}

# spread DOMAIN...: the CA asks the first address that it is given, which is
# one of the two in turn.
spread() {
	local n=0 domain
	for domain; do
		if ((n++ & 1)); then
			dns_a "mta-sts.$domain" "$ADDR" "$SECOND"
		else
			dns_a "mta-sts.$domain" "$SECOND" "$ADDR"
		fi
	done
}

start_both() {
	dns_a vps1.example.net "$ADDR"
	conf "$@" >"$CONF"
	second conf "$@" >"$T/conf/second.yaml"
	second start_daemon
	start_daemon
}

# has_shared DOMAIN...
has_shared() {
	local domain
	for domain; do
		[ -e "$SHARED/mta-sts.$domain/cert.pem" ] || return 1
	done
}

wait_both_serve() {
	wait_until "$1" "certificates" has_shared "${@:2}"
	wait_until 10 "the first to serve" served "${@:2}"
	wait_until 10 "the second to serve" second served "${@:2}"
}

end_second() {
	second stop_daemon
	second expect_log 'warning: .*no certificate; it is not served'
	second judge_log
}

@test "pairs are shared: issued whichever is asked, and both serve" {
	spread "${NAMES[@]}"
	start_both "${NAMES[@]}"
	wait_both_serve 120 "${NAMES[@]}"
	[ "$(orders)" = 5 ] || fail "orders: $(orders)"
	end_second
}

# Killed when the CA has issued and nothing is stored yet: what started uacme
# gives it the time that it needs.
@test "the renewing one killed at the worst moment: nothing is ordered twice" {
	local name count
	expect_log "$LOG_KILLED"
	spread "${NAMES[@]}"
	front_start '* finalize slow 1' '* cert slow 1'
	start_both "${NAMES[@]}"
	for count in 1 3; do
		wait_until 60 "certificate $count of the CA" issued "$count"
		[ "$(stored)" -lt "$count" ] || fail "too late"
		kill_daemon
		start_daemon
	done
	wait_both_serve 120 "${NAMES[@]}"
	wait_until 60 "the host's own" fetch "$OUR_HOST" /
	for name in "${NAMES[@]/#/mta-sts.}" "$OUR_HOST"; do
		[ "$(front_count "$name" order)" = 1 ] ||
		    fail "$name: $(front_count "$name" order) orders"
	done
	end_second
}

# issued COUNT: the CA has, so many or more.
issued() {
	(($(grep -c 'Issued certificate' "$T/ca.log") >= $1))
}

stored() {
	find "$SHARED" -name cert.pem | wc -l
}

# The second one's file system tells of no change, as network file systems do.
@test "a change: no fetch fails, and two policies live 35 s side by side at most" {
	local world=(unshare -Ur sh -c
	    "echo 0 >/proc/sys/user/max_inotify_watches && exec \"\$@\"" -)
	local began second_load
	"${world[@]}" true 2>"$T/why" ||
	    skip "no user namespaces here: $(cat "$T/why")"
	echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
	expect_log "$LOG_AS_ROOT"
	REDIRECT=http://vps1.example.net
	rm -rf "$SHARED"
	mkdir "$T/conf/shared" "$T/second"
	shared_conf 604800
	by_root conf >"$CONF"
	second by_root conf >"$T/conf/second.yaml"
	chown -R root "$STATE" "$T/second"
	"$BIN/mta-stsctl" -c "$CONF" selfsign >/dev/null
	CA=$SHARED/ca.pem
	bodies "$T/1" 604800 "${NAMES[@]}"
	bodies "$T/2" 604801 "${NAMES[@]}"
	second start_daemon "${world[@]}"
	start_daemon
	start_load -m -c 2 "$T/1" "$T/2"
	"$BIN/e2e/load" -a "$SECOND" -p 443 -C "$CA" -m -c 2 "$T/1" "$T/2" \
	    >"$T/load2.out" 2>&1 3>&- &
	second_load=$!
	HELPERS+=("$second_load")
	wait_until 20 "the other load" grep -q '^started' "$T/load2.out"
	began=$EPOCHREALTIME
	shared_conf 604801
	wait_until 5 "the first one" serves_age 604801 "${NAMES[@]}"
	figure "a change: served by the one after $(since "$began") s"
	second wait_until 35 "the second one" serves_age 604801 "${NAMES[@]}"
	figure "and by the other, which is told nothing, after $(since "$began") s"
	end_load
	kill "$second_load"
	wait "$second_load" || fail "$(cat "$T/load2.out")"
	second stop_daemon
	second expect_log 'cannot be watched|no inotify'
	second judge_log
}

# by_root COMMAND...: its configuration, for a namespace that knows no other.
by_root() {
	"$@" | sed 's/^user: .*/user: root/; s,^domains:,include: [shared/*.yaml],'
}

shared_conf() {
	{
		echo domains:
		entries "$1" "${NAMES[@]}"
	} | replace "$T/conf/shared/domains.yaml"
}
