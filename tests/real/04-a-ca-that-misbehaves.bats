# SPDX-License-Identifier: ISC
# Whatever a CA does: the right words in the state file, the right next try, no
# endless loop, and no harm to other hosts (RULES A3, A5, A8).

load lib

prepare() {
	dns_start
	ca_start
}

# start_with DOMAIN...
start_with() {
	point "$@"
	conf "$@" >"$CONF"
	start_daemon
}

# pause_of DOMAIN: the seconds from its last try to the next.
pause_of() {
	local tried next
	tried=$(state_line "mta-sts.$1" tried)
	next=$(state_line "mta-sts.$1" next)
	echo $(($(date -d "$next" +%s) - $(date -d "$tried" +%s)))
}

# is_about SECONDS WANTED: a second or two later it may be.
is_about() {
	(($1 >= $2 - 1 && $1 <= $2 + 3)) || fail "$1 s, not $2 s"
}

# failed DOMAIN OUTCOME REGEX: that state, with those words.
failed() {
	wait_state 90 "mta-sts.$1" "^outcome: $2\$"
	wait_state 5 "mta-sts.$1" "^result: .*($3)"
}

# What fails stands between what does not: three in a row would stop the run.
@test "rules_a5 500, half of a JSON, a hang, a reset: that host, that time" {
	local name
	expect_log 'mta-sts\.[aceg]\.example\.com'
	front_start \
	    'mta-sts.a.example.com finalize html 500 x1' \
	    'mta-sts.c.example.com poll cut x1' \
	    'mta-sts.e.example.com authz hang x1' \
	    'mta-sts.g.example.com order reset x1'
	start_with {a,b,c,d,e,f,g,h}.example.com
	failed a.example.com failed 'the CA answers 500 to the certificate request'
	failed c.example.com failed 'no JSON'
	wait_served 120 {b,d,f,h}.example.com
	failed e.example.com failed 'did not answer within 10 s'
	failed g.example.com failed 'breaks the connection'
	# each is tried again by itself after its pause
	wait_served 120 {a,c,e,g}.example.com
	# (uacme itself asks twice, where it was cut off)
	for name in b:1 d:1 f:1 h:1 a:2 c:2 e:2 g:3; do
		[ "$(front_count "mta-sts.${name%:*}.example.com" order)" = \
		    "${name#*:}" ] || fail "$name: $(cat "$T/front.log")"
	done
}

@test "rules_a5 an order that turns invalid, a name that is refused: the pauses" {
	expect_log 'mta-sts\.[ac]\.example\.com'
	RETRY=4s
	front_start \
	    'mta-sts.a.example.com challenge error unauthorized seen from afar 404' \
	    'mta-sts.c.example.com order problem 400 rejectedIdentifier - no {host} here'
	start_with {a,b,c}.example.com
	wait_served 120 b.example.com
	failed a.example.com failed 'seen from afar 404'
	failed c.example.com failed 'no mta-sts.c.example.com here'
	is_about "$(pause_of c.example.com)" 4
	wait_state 30 mta-sts.c.example.com '^failures: 2$'
	is_about "$(pause_of c.example.com)" 24
	wait_state 20 mta-sts.a.example.com '^failures: 2$'
	is_about "$(pause_of a.example.com)" 24
	[ "$(front_count mta-sts.c.example.com order)" = 2 ]
	# a person need not wait for that
	front_rules
	"$BIN/mta-stsctl" -c "$CONF" renew --force mta-sts.c.example.com
	wait_served 30 c.example.com
	wait_served 120 a.example.com
}

@test "rules_a5 badNonce for ever: three more tries, then a pause" {
	expect_log 'mta-sts.a.example.com'
	front_start 'mta-sts.a.example.com * nonce'
	start_with a.example.com b.example.com
	wait_served 120 b.example.com
	failed a.example.com failed 'nonce'
	# uacme itself tries a request four times
	(($(front_count mta-sts.a.example.com order) <= 16))
	is_about "$(pause_of a.example.com)" 10
	front_rules
	wait_served 120 a.example.com
}

@test "rules_a3 a registered domain's limit pauses it, and it alone" {
	local limit='too many certificates (50) already issued for "uni.example.org" in the last 168h0m0s'
	expect_log 'uni.example.org'
	front_start \
	    "mta-sts.a.uni.example.org order problem 429 rateLimited 3600 $limit, retry after {when}" \
	    "mta-sts.b.uni.example.org order problem 429 rateLimited 3600 $limit, retry after {when}"
	start_with a.uni.example.org b.uni.example.org {x,y}.example.com
	wait_served 120 x.example.com y.example.com
	wait_state 60 mta-sts.a.uni.example.org '^outcome: limited$'
	wait_state 60 mta-sts.b.uni.example.org '^outcome: limited$'
	wait_state 5 mta-sts.a.uni.example.org '^result: .*too many certificates'
	is_about "$(pause_of a.uni.example.org)" 3600
	# the first one's answer was enough for both
	[ "$(front_count 'mta-sts.[ab].uni.example.org' order)" = 1 ]
}

@test "rules_a5 an account's limit stops the run until its Retry-After" {
	expect_log "$LOG_PAUSED"
	front_start '* order problem 429 rateLimited 20 too many new orders (300) from this account in the last 3h0m0s'
	start_with {a,b,c,d}.example.com
	wait_log "$LOG_PAUSED.*too many new orders" 90
	persist e {a,b,c,d,e}.example.com
	orders_are 1
	front_rules
	wait_served 120 {a,b,c,d,e}.example.com
	orders_are 7
}

@test "rules_a5 three names in a row fail: the run stops" {
	expect_log "$LOG_PAUSED" 'warning: .* failed: the CA answers 503'
	front_start '* order html 503'
	start_with {a,b,c,d,e}.example.com
	wait_log "$LOG_PAUSED.*the CA answers 503" 90
	persist f {a,b,c,d,e,f}.example.com
	orders_are 3
	# an hour is long, unless somebody knows better
	front_rules
	"$BIN/mta-stsctl" -c "$CONF" renew --force mta-sts.d.example.com
	wait_served 120 {a,b,c,d,e,f}.example.com
}

# persist NEW DOMAIN...: nothing that may happen meanwhile gets an order.
persist() {
	local new=$1.example.com
	shift
	point "$new"
	conf "$@" | replace "$CONF"
	wait_log "mta-sts.$new: $LOG_NO_PAIR" 10
	knock "$@"
	wait_until 60 "the runs for it to end" nothing_runs
}

orders_are() {
	local count
	count=$(front_count '.*' order)
	[ "$count" = "$1" ] || fail "orders: $count"
}

@test "an authorization that is valid already: no challenge, a certificate" {
	kill -9 "$CA_PID"
	wait_until 5 "pebble to end" gone "$CA_PID"
	ca_start ca PEBBLE_AUTHZREUSE=100
	start_with a.example.com
	wait_served 120 a.example.com
	"$BIN/mta-stsctl" -c "$CONF" renew --force mta-sts.a.example.com
	[ "$(orders)" = 3 ] || fail "orders: $(orders)"
	wait_served 5 a.example.com
	[ "$(grep -c 'Pulled a task' "$T/ca.log")" = 2 ]
}

@test "rules_a8 a full state directory: no order is placed" {
	expect_log "$LOG_FULL" 'No space left on device'
	mount -t tmpfs -o size=8m,mode=755 full "$STATE"
	chown nobody "$STATE"
	dd if=/dev/zero of="$STATE/filler" bs=4k 2>/dev/null || true
	start_with a.example.com
	wait_until 60 "what renews to give up" nothing_runs
	knock a.example.com
	wait_until 60 "what renews to give up again" nothing_runs
	[ "$(orders)" = 0 ] || fail "orders: $(orders)"
	# nearly full, so that files of ours could be written
	truncate -s -500k "$STATE/filler"
	wait_log "$LOG_FULL" 90
	[ "$(orders)" = 0 ] || fail "orders: $(orders)"
	# and once there is room, by itself
	rm "$STATE/filler"
	wait_served 120 a.example.com
}
