# SPDX-License-Identifier: ISC
# A clock that is wrong, or jumps: what is served stays as it is, a pair
# outside its dates is shown all the same, and the log is loud.

load lib

LOG_EXPIRED='error: mta-sts.example.com: certificate .* expired [0-9]+ days ago'
LOG_EARLY='error: mta-sts.example.com: certificate .* is not valid yet'
LOG_SAME='nothing that is served has changed'

prepare() {
	! sanitized || skip "a sanitizer and faketime do not go together"
	FAKE=$T/clock
	conf >"$CONF" <<-END
		domains:
		$(domain example.com enforce 604800 mx.example.com)
	END
	selfsign
	policy enforce 604800 mx.example.com >"$T/policy"
}

# clock TIME: as faketime(1) reads it, for the daemon alone, and at once.
clock() {
	echo "$1" | replace "$FAKE"
}

# start_at TIME: the time of day alone is another; timers go on as they are.
start_at() {
	clock "$1"
	start_attacked env FAKETIME_TIMESTAMP_FILE="$FAKE" FAKETIME_NO_CACHE=1 \
	    FAKETIME_DONT_FAKE_MONOTONIC=1 \
	    LD_PRELOAD="$(faketime -f +0 printenv LD_PRELOAD)"
}

# shown: the pair is shown whatever its dates are, with the right bytes; the
# certificate is not judged by them, but by its chain and name.
shown() {
	fetch mta-sts.example.com /.well-known/mta-sts.txt "$@" |
	    cmp - "$T/policy"
}

# ticks: the processor time of the manager and the workers so far, in 1/100 s.
ticks() {
	local pid sum=0
	for pid in "$MANAGER" $(workers); do
		sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$pid/stat")))
	done
	echo "$sum"
}

# idle: nothing spins, within a second.
idle() {
	local before
	before=$(ticks)
	sleep 1
	(($(ticks) - before < 25)) || fail "it spins: $(($(ticks) - before))"
}

well() {
	[ "$(workers)" = "$WORKERS_BEFORE" ] || fail "a worker died"
	shown
	idle
}

@test "a start after the certificate's end, before its beginning, after 2038" {
	local at
	expect_log "$LOG_EXPIRED" "$LOG_EARLY"
	for at in +400d '@2039-01-01 00:00:00' '@2107-01-01 00:00:00'; do
		start_at "$at"
		log_has "$LOG_EXPIRED"
		well
		stop_daemon
		: >"$LOG"
	done
	for at in -400d '@1975-01-01 00:00:00'; do
		start_at "$at"
		log_has "$LOG_EARLY"
		well
		stop_daemon
		: >"$LOG"
	done
}

# reload_the_same: and wait until it has come to its end.
reload_the_same() {
	local before
	before=$(log_count "$LOG_SAME")
	reload
	wait_until 10 "the reload" told_since "$before"
}

told_since() {
	(($(log_count "$LOG_SAME") > $1))
}

# ages REGEX: so many that are not the same were told.
ages() {
	grep -E "$1" "$LOG" | sort -u | wc -l
}

@test "jumps while it runs, forwards and backwards, over 2038" {
	local at
	expect_log "$LOG_EXPIRED" "$LOG_EARLY"
	start_at +0
	for at in +400d '@2038-01-19 03:14:05' '@2039-01-01 00:00:00' \
	    '@1975-01-01 00:00:00' +0; do
		clock "$at"
		well
		reload_the_same
		well
	done
	# Each of them once a reload; and once more where files that are fresh
	# are looked at again.
	[ "$(ages "$LOG_EXPIRED")" = 3 ]
	[ "$(ages "$LOG_EARLY")" = 1 ]
	# A changed file is live as ever, with the clock years back.
	clock -4000d
	sed -i 's/604800/604801/' "$CONF"
	wait_until 10 "the change" serves example.com enforce 604801 mx.example.com
}

@test "a jump over the certificate's end: told at a reload, and no storm of renewals" {
	local before
	mkdir "$T/bin"
	cp "$BIN/mta-stsd" "$T/bin"
	cat >"$T/bin/mta-stsctl" <<-END
		#!/bin/sh
		echo started >>"$T/renewals"
		echo next 3600
	END
	chmod +x "$T/bin/mta-stsctl"
	: >"$T/renewals"
	BIN=$T/bin
	SETTINGS='acme: { agree_to_terms: true, challenges: [tls-alpn-01] }'
	conf >"$CONF" <<-END
		domains:
		$(domain example.com enforce 604800 mx.example.com)
	END
	expect_log "$LOG_EXPIRED" "$LOG_EARLY"
	start_at +0
	for at in +400d -400d '@2039-01-01 00:00:00' +0; do
		clock "$at"
		well
		reload_the_same
		well
	done
	before=$(wc -l <"$T/renewals")
	echo "renewals: $before"
	((before <= 10)) || fail "a storm: $before runs"
}
