# SPDX-License-Identifier: ISC
# An operator writes a domain, a customer sets one CNAME; the rest happens
# (DESIGN section 2). And where a name does not reach us, no CA hears of it
# (RULES A6).

load lib

HALF=192.0.2.12 # ours, port 443 alone

prepare() {
	dns_start
	ca_start
}

# by_http, by_tls: how many challenges the CA saw answered so. It asks each
# three times at once, and tells of HTTP alone.
by_http() {
	echo $(($(grep -c 'validate w/ HTTP' "$T/ca.log") / 3))
}

by_tls() {
	echo $(($(grep -c 'Pulled a task' "$T/ca.log") - $(by_http)))
}

# issue_three CHALLENGES: by these alone.
issue_three() {
	local began
	CHALLENGES=$1
	point a.example.com b.example.com c.example.org
	conf a.example.com b.example.com c.example.org >"$CONF"
	began=$EPOCHREALTIME
	start_daemon
	wait_served 120 a.example.com b.example.com c.example.org
	figure "three domains by $1: served after $(since "$began") s"
	wait_until 60 "the host's own" fetch "$OUR_HOST" /
	[ "$(orders)" = 4 ] || fail "orders: $(orders)"
}

@test "a domain, by http-01 alone" {
	issue_three http-01
	[ "$(by_http)" = 4 ]
	[ "$(by_tls)" = 0 ]
}

@test "a domain, by tls-alpn-01 alone, with port 80 left alone" {
	issue_three tls-alpn-01
	[ "$(by_http)" = 0 ]
	[ "$(by_tls)" = 4 ]
	refute curl -sS -m 5 "http://$ADDR/"
}

@test "with both on offer; a fourth, added while it runs, within 15 s" {
	local began stored
	issue_three 'http-01, tls-alpn-01'
	point d.example.net
	began=$EPOCHREALTIME
	conf a.example.com b.example.com c.example.org d.example.net |
	    replace "$CONF"
	wait_until 15 "the certificate" has_certificates d.example.net
	stored=$EPOCHREALTIME
	wait_until 2 "it to be served" served d.example.net
	figure "a certificate is stored: served $(since "$stored") s later"
	figure "a fourth, added while it ran: served after $(since "$began") s"
	[ "$(orders)" = 5 ] || fail "orders: $(orders)"
}

@test "rules_a6 DNS that points elsewhere: no order, until it has arrived" {
	local began before
	elsewhere
	dns_a mta-sts.late.example.com "$ELSEWHERE"
	point early.example.com
	conf early.example.com late.example.com none.example.com >"$CONF"
	start_daemon
	wait_served 120 early.example.com
	wait_sight late.example.com "$ELSEWHERE.*another server answered"
	wait_sight none.example.com 'no such name|no address'
	wait_log "mta-sts.late.example.com: waiting for DNS.*$ELSEWHERE"
	# a knock where nothing has changed: asked again, told no second time
	before=$(state_line mta-sts.none.example.com tried)
	knock none.example.com
	wait_until 15 "a second look" tried_since none.example.com "$before"
	[ "$(log_count 'none.example.com: waiting for DNS')" = 1 ]
	[ "$(orders)" = 2 ] || fail "orders: $(orders)"
	# the record is corrected, and the first sender knocks
	dns_a mta-sts.late.example.com
	point late.example.com
	began=$EPOCHREALTIME
	knock late.example.com
	wait_served 20 late.example.com
	figure "DNS corrected, and a sender knocks: served $(since "$began") s later"
	[ "$(orders)" = 3 ] || fail "orders: $(orders)"
}

# tried_since DOMAIN BEFORE: it was tried at another moment.
tried_since() {
	[ "$(state_line "mta-sts.$1" tried)" != "$2" ]
}

@test "rules_a6 CAA that forbids; an AAAA, a port that leads elsewhere: no order" {
	local name
	CHALLENGES=http-01
	HTTPS+=", \"$HALF:443\""
	point well.example.com forbidden.example.org above.sub.example.org
	dns_caa forbidden.example.org ';'
	dns_caa sub.example.org ';'
	# an A record of ours, and port 80 refuses
	dns_a mta-sts.half.example.com "$HALF"
	# both right, or the AAAA not
	dns_here mta-sts.both.example.com
	dns_a mta-sts.split.example.com "$ADDR"
	dns_aaaa mta-sts.split.example.com 2001:db8::20
	conf well.example.com forbidden.example.org above.sub.example.org \
	    half.example.com both.example.com split.example.com >"$CONF"
	start_daemon
	wait_served 120 well.example.com both.example.com
	wait_sight forbidden.example.org 'CAA of forbidden.example.org'
	wait_sight above.sub.example.org 'CAA of sub.example.org'
	wait_sight half.example.com "port 80 of $HALF: connection refused"
	wait_sight split.example.com '2001:db8::20'
	[ "$(orders)" = 3 ] || fail "orders: $(orders)"
	for name in forbidden.example.org above.sub.example.org \
	    half.example.com split.example.com; do
		refute grep -q "mta-sts.$name" "$T/ca.log"
		refute fetch "mta-sts.$name"
	done
}

@test "one port of two leads here: by the challenge that passed" {
	HTTPS+=", \"$HALF:443\""
	dns_a mta-sts.half.example.com "$HALF"
	conf half.example.com >"$CONF"
	start_daemon
	wait_served 120 half.example.com
	[ "$(orders)" = 2 ] || fail "orders: $(orders)"
	refute grep -q "HTTP: http://mta-sts.half" "$T/ca.log"
}
