# SPDX-License-Identifier: ISC
# kill -9 of everything that has a part in an issuance, at random moments.
# Domains come one after another, certificates are renewed all the while, and
# after each kill it heals by itself: nothing is left locked, no host is ever
# shown a certificate without its key, or half of one.

load lib

prepare() {
	expect_log "$LOG_KILLED"
	dns_start
}

# lock_is_free: no process that has gone holds it.
lock_is_free() {
	[ ! -e "$STATE/renew/lock" ] || flock -n "$STATE/renew/lock" true
}

# kill_manager MS: so much later; whatever it had started ends by itself.
kill_manager() {
	sleep "$(printf '0.%03d' "$1")"
	kill_daemon
	wait_until 30 "what renews to end with it" nothing_runs
	lock_is_free || fail "a lock stays"
	start_daemon
}

# whole_pairs: each certificate on disk has its key.
whole_pairs() {
	local cert host
	for cert in "$STATE"/certs/*/cert.pem; do
		host=$(basename "$(dirname "$cert")")
		cmp <(openssl x509 -in "$cert" -noout -pubkey) \
		    <(openssl pkey -in "$STATE/certs/private/$host/key.pem" \
		        -pubout) || fail "$host: the key is another's"
	done
}

@test "killed at random moments: it heals, and nothing half-written is shown" {
	local count=20 tried=0 seen=1 most=4 waited=no seed=${SEED:-$(date +%s)} names began
	local life=180 victim victims=(uacme uacme-hook mta-stsd mta-stsctl)
	local hits=()
	! is_long || count=100 life=1200
	RANDOM=$seed
	figure "SEED=$seed"
	mapfile -t names < <(many $((3 * count)))
	RETRY=1s
	SETTINGS='limits: { leaving: 100% }'
	ACME='orders_per_3h: 100000'
	# renewals are due all the while
	ca_start ca "certificateValidityPeriod=$life"
	point "${names[@]}"
	conf "${names[0]}" >"$CONF"
	start_daemon
	wait_served 120 "${names[0]}"
	watch "${names[0]}"
	began=$SECONDS
	while ((${#hits[@]} < count)); do
		tried=$((tried + 1))
		((tried < 3 * count)) || fail "only ${#hits[@]} hits in $tried tries"
		# a run that ends well between two that do not: the manager
		# waits a minute after one, then longer and longer
		wait_until 240 "the last run to end" nothing_runs
		[ "${victim-}" != mta-stsctl ] || most=3
		victim=${victims[RANDOM % most]}
		most=4
		conf "${names[@]:0:tried + 1}" | replace "$CONF"
		if [ "$victim" = mta-stsd ]; then
			kill_manager $((RANDOM % 900))
			hits+=("$victim")
		elif strike "$victim"; then
			hits+=("$victim")
		fi
		# the manager waits a minute then; what is new does not
		if [ "$victim" = mta-stsctl ] && [ "$waited" = yes ]; then
			continue
		fi
		[ "$victim" != mta-stsctl ] || waited=yes
		wait_served 240 "${names[@]:seen:tried + 1 - seen}"
		watch_too "${names[@]:seen:tried + 1 - seen}"
		seen=$((tried + 1))
	done
	figure "${#hits[@]} kills in $((SECONDS - began)) s:" \
	    $(printf '%s\n' "${hits[@]}" | sort | uniq -c)
	wait_served 240 "${names[@]:0:tried + 1}"
	wait_until 60 "the last run to end" nothing_runs
	lock_is_free || fail "a lock stays"
	whole_pairs
	watched
	figure "$WATCHED"
	[ "$(watched_figure none)" = 0 ]
}

# strike NAME: what of that name begins next, after a random part of its life.
strike() {
	local most=400
	[ "$1" != uacme-hook ] || most=4
	python3 "$REAL_HERE/strike.py" "$1" $((RANDOM % most)) 10
}
