#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# health: the daemon's processes answer, or they do not. What it could be asked
# to serve beyond that is other verbs' to tell.

bats_require_minimum_version 1.5.0
load lib

# health STATUS REGEX: it says that, in one line.
health() {
	local got=0
	"$BIN/mta-stsctl" -c "$CONF" health >"$T/out" 2>"$T/err" || got=$?
	[ "$got" = "$1" ] || fail "exit status $got: $(cat "$T/out" "$T/err")"
	grep -qE -- "$2" "$T/out" || fail "not said: $2: $(cat "$T/out")"
	[ "$(wc -l <"$T/out")" = 1 ]
	[ ! -s "$T/err" ] || fail "$(cat "$T/err")"
}

two() {
	conf <<-END
		host: policies.example.net
		domains:
		$(entries 604800 a.example b.example)
	END
}

# settled: the pairs are there for long.
settled() {
	find "$CERTS" -name '*.pem' -exec touch -d '2 minutes ago' {} +
}

# only NAME...: the pairs of these alone.
only() {
	local dir
	for dir in "$CERTS"/*/; do
		dir=$(basename "$dir")
		[[ " $* private " == *" $dir "* ]] ||
		    rm -r "${CERTS:?}/$dir" "$CERTS/private/$dir"
	done
}

@test "well: with the policy of the first host that has a certificate" {
	two >"$CONF"
	selfsign
	settled
	expect_log 'is gone; its last good one is kept'
	start_daemon
	health 0 "^well: $ADDR:$PORT serves mta-sts.a.example$"
	only mta-sts.b.example policies.example.net
	health 0 'serves mta-sts.b.example$'
	only policies.example.net
	health 0 'serves policies.example.net$'
}

@test "well: before there is any certificate, and no host is asked for" {
	ACCESS=on
	two >"$CONF"
	expect_log "$LOG_NO_PAIR_AT_ALL"
	start_daemon
	health 0 "^well: $ADDR:$PORT answers, with nothing to serve yet$"
	wait_log 'handshake refused host=health.invalid'
	refute log_has 'refused host=mta-sts'
}

@test "well: with a certificate that nobody would accept, or a refused file" {
	two >"$CONF"
	special_pair d DNS:mta-sts.a.example '10 days ago' '5 days ago'
	settled
	expect_log "$LOG_NO_PAIR_AT_ALL" 'expired [0-9]+ days ago'
	start_daemon
	health 0 'serves mta-sts.a.example$'
	expect_log "$LOG_REFUSED" 'mta-stsd.yaml:.* not YAML'
	{ cat "$CONF" && echo ']'; } | edit "$CONF"
	wait_log "$LOG_REFUSED"
	health 0 'serves mta-sts.a.example$'
}

@test "not well: its workers do not answer; well again when they do" {
	two >"$CONF"
	selfsign
	settled
	start_daemon
	health 0 'serves mta-sts.a.example$'
	kill -STOP $(workers)
	health 1 "^not well: $ADDR:$PORT, asked for mta-sts.a.example: no answer"
	kill -CONT $(workers)
	health 0 'serves mta-sts.a.example$'
}

@test "the same where there is no certificate" {
	two >"$CONF"
	expect_log "$LOG_NO_PAIR_AT_ALL"
	start_daemon
	kill -STOP $(workers)
	health 1 'asked for health.invalid: no answer in time$'
	kill -CONT $(workers)
	health 0 'nothing to serve yet$'
}

@test "not well: nothing listens, or somebody else does" {
	two >"$CONF"
	health 1 "^not well: $ADDR:$PORT, asked for health.invalid: connection ref"
	selfsign
	settled
	health 1 'asked for mta-sts.a.example: connection refused$'
	openssl s_server -accept "$ADDR:$PORT" -www -quiet 3>&- \
	    -key "$CERTS/private/mta-sts.a.example/key.pem" \
	    -cert "$CERTS/mta-sts.a.example/cert.pem" >/dev/null 2>&1 &
	HELPERS+=($!)
	wait_until 10 "another server" fetch mta-sts.a.example / -k
	health 1 'mta-sts.a.example: another answer, with status 200$'
	only
	health 1 'health.invalid: another answer, with status 200$'
}

@test "not well: a host with a certificate is refused, but a new one may be" {
	local from
	two >"$CONF"
	expect_log "$LOG_NO_PAIR_AT_ALL"
	start_daemon
	# Another place, as if the daemon had not seen them.
	selfsign --dir "$T/unseen"
	from=$CERTS
	CERTS=$T/unseen
	sed "s|^certs: .*|certs: $CERTS|" "$CONF" >"$T/other.yaml"
	CONF=$T/other.yaml
	health 0 'nothing to serve yet$'
	settled
	health 1 'mta-sts.a.example: alert "unrecognized name"$'
	CERTS=$from
}

@test "what changed a moment ago is waited for" {
	two >"$CONF"
	selfsign
	settled
	only mta-sts.a.example
	mv "$CERTS/mta-sts.a.example" "$T/away"
	expect_log "$LOG_NO_PAIR_AT_ALL"
	start_daemon
	mv "$T/away" "$CERTS/mta-sts.a.example"
	health 0 'serves mta-sts.a.example$'
}

@test "by all addresses, by plain, by a socket, with nothing in the file" {
	LISTEN="https: off, plain: \"0.0.0.0:$((20000 + BASHPID % 10000))\""
	two | sed 's/https: "[^"]*", //' >"$CONF"
	start_daemon
	health 0 '^well: 127.0.0.1:[0-9]+ serves mta-sts.a.example$'
	stop_daemon
	two | sed 's|listen:.*|listen: { https: off, plain: "unix:'"$T"'/s", admin: off }|' \
	    >"$CONF"
	start_daemon
	health 0 "^well: unix:$T/s serves mta-sts.a.example$"
	sed -i '/^domains:/,$d' "$CONF"
	expect_log "$LOG_GONE" 'domains would leave' "$LOG_KEPT"
	kill -USR1 "$MANAGER"
	wait_log 'now serving 0 domains'
	health 0 "^well: unix:$T/s serves policies.example.net$"
	stop_daemon
	health 1 "^not well: unix:$T/s, .*: connection refused$"
}

@test "wrong usage, and no configuration: 2" {
	run ! "$BIN/mta-stsctl" -c "$CONF" health --strict
	[ "$status" = 2 ]
	run ! "$BIN/mta-stsctl" -c "$CONF" health a.example
	[ "$status" = 2 ]
	[[ $output == *"health takes no argument: a.example"* ]]
	run ! "$BIN/mta-stsctl" -c "$T/none.yaml" health
	[ "$status" = 2 ]
	[[ $output == *"none.yaml: cannot be read"* ]]
}
