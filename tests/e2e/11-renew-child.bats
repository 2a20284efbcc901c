# SPDX-License-Identifier: ISC
# The manager starts `mta-stsctl renew`: when, how, never two at once, and at
# no cost to what is served. The one that is started here is not ours: it
# writes down how it was called and does what the test says.

load lib


prepare() {
	RETRY=600
	NAMES=(a.example.com)
	mkdir -p "$T/bin" "$T/run"
	REAL=$BIN
	write >"$CONF"
	selfsign
	cp "$REAL/mta-stsd" "$T/bin"
	BIN=$T/bin
	fake "$T/bin"
	act 'say 3600'
}

write() {
	local acme="acme: { agree_to_terms: true, challenges: [tls-alpn-01],"
	SETTINGS=${ACME-"$acme retry: ${RETRY}s }"}
	conf <<-END
		domains:
		$(entries 604800 "${NAMES[@]}")
	END
}

# change: the configuration as it is written now.
change() {
	write | replace "$CONF"
}

# fake DIR: its lines are "PID started ARGUMENTS", "PID SIGNAL", "PID ended".
fake() {
	cat >"$1/mta-stsctl" <<-'END'
		#!/bin/bash
		run=${0%/*}/../run
		told=
		tell() { echo "$$ $*" >>"$run/story"; }
		say() { echo "next $1"; }
		until_told() { until [ -n "$told" ]; do sleep 0.05; done; }
		trap 'told=1; tell HUP' HUP
		trap 'tell TERM; exit 1' TERM
		trap 'tell ended' EXIT
		tell "started $*"
		. "$run/act"
	END
	chmod +x "$1/mta-stsctl"
}

# act COMMANDS: what the next ones do.
act() {
	printf '%s\n' "$1" | replace "$T/run/act"
}

story() {
	cat "$T/run/story" 2>/dev/null
}

# how_often REGEX: lines of the story that end so.
how_often() {
	story | grep -cE -- " ($1)\$" || true
}

happened() {
	(($(how_often "$2") >= $1))
}

# wait_story SECONDS COUNT REGEX
wait_story() {
	wait_until "$1" "$2 times in the story: $3" happened "$2" "$3"
}

# starts COUNT: that many so far, and no more of them in a while.
starts() {
	wait_story 2 "$1" "started .*"
	sleep 0.5
	[ "$(how_often 'started .*')" = "$1" ] || fail "$(story)"
}

# take_change: until a new generation serves it.
take_change() {
	local before
	before=$(log_count "$LOG_GENERATION")
	change
	wait_generation "$before"
}

@test "at the start: once, with the file, as a process of its own" {
	local pid i pipe
	act 'mapfile status </proc/$$/status
	    printf %s "${status[@]}" >"$run/status"
	    fds=$(for i in 0 1 2; do readlink /proc/$$/fd/$i; done)
	    echo "$fds" >"$run/fds"
	    numbers=(/proc/$$/fd/*) # of which one is for looking there
	    for i in "${numbers[@]}"; do
		    [ ! -e "$i" ] || printf "%s " "${i##*/}"
	    done >"$run/numbers"
	    tell ready; until_told'
	# ignored by whoever starts the daemon, and a descriptor left open
	# shellcheck disable=SC2016 # the shell that is started expands it
	start_daemon bash -c 'trap "" HUP USR2; exec 7</etc/passwd
	    exec "$@"' bash
	wait_story 2 1 "started -c $CONF renew --supervised"
	wait_story 2 1 ready
	pid=$(story | sed -n 's/ started.*//p')
	[ "$(ps -o ppid= -p "$pid" | tr -d ' ')" = "$MANAGER" ]
	[ "$(ps -o pgid= -p "$pid" | tr -d ' ')" = "$pid" ]
	grep -qE '^SigBlk:\s+0+$' "$T/run/status"
	# bash itself ignores SIGQUIT, and has its script as 255; what begins
	# by posix_spawn (as below make) ignores glibc's own 32 and 33 for good
	grep -qE '^SigIgn:\s+0+(18000000)?4$' "$T/run/status"
	grep -qE '^Umask:\s+0027$' "$T/run/status"
	[ "$(sed -n 1p "$T/run/fds")" = /dev/null ]
	[[ $(sed -n 2p "$T/run/fds") == pipe:* ]]
	[ "$(sed -n 3p "$T/run/fds")" = "$LOG" ]
	[ "$(cat "$T/run/numbers")" = '0 1 2 255 ' ]
	# nothing is served the less, and no worker holds its pipe
	serves_age 604800 a.example.com
	pipe=$(sed -n 2p "$T/run/fds")
	for i in $(workers); do
		refute grep -qF "$pipe" <(readlink "/proc/$i/fd/"*)
	done
	starts 1
}

@test "started as root it is run as the user, who is the owner of certs" {
	[ "$(id -u)" = 0 ] || skip "only root can become another user"
	rm -rf "$T/state" # made by root
	act 'tell "is $(id -un)"; say 3600'
	CERTS=$T/state/certs
	write | sed 's/^user: .*/user: nobody/' >"$CONF"
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" 2>/dev/null
	chown -R nobody "$T/conf" "$T/run" "$T/bin"
	start_daemon
	wait_story 2 1 'is nobody'
	[ "$(stat -c '%U %a' "$CERTS")" = 'nobody 700' ]
	starts 1
}

@test "it comes back when it asked to, but ten seconds apart at least" {
	local began
	act 'say 1'
	start_daemon
	wait_story 2 1 'started .*'
	began=${EPOCHREALTIME/./}
	act 'say 3600'
	wait_story 12 2 'started .*'
	((${EPOCHREALTIME/./} - began > 9500000)) || fail "too early"
	[ "$(how_often "started -c $CONF renew --supervised")" = 2 ]
}

# fails ACT LINE: one run that does this, and what the log says of it.
fails() {
	local before
	before=$(how_often 'started .*')
	act "$1"
	RETRY=$((RETRY + 1))
	change
	wait_story 4 $((before + 1)) 'started .*'
	wait_log "$2" 3
}

@test "how it ends badly is told in one line, and it is due later and later" {
	expect_log '^(warning|error): mta-stsctl renew '
	local ended='^warning: mta-stsctl renew ended with status'
	local killed='^error: mta-stsctl renew was killed by signal'
	start_daemon
	starts 1
	fails 'exit 0' "$ended 0, .* due again in 60 s\$"
	fails 'exit 1' "$ended 1, .* due again in 120 s\$"
	fails 'kill -SEGV $$' "$killed 11 .* due again in 240 s\$"
	fails 'say 5; kill -KILL $$' "$killed 9 .* due again in 480 s\$"
	fails 'echo certainly' "$ended 0, .* due again in 960 s\$"
	fails 'say 5; say 6' "$ended 0, .* due again in 1920 s\$"
	fails 'printf "next 5"; exit 2' "$ended 2, .* due again in 3600 s\$"
	fails 'say 5; exit 3' "$ended 3, .* due again in 3600 s\$"
	# one that never stops talking is not listened to
	fails 'exec yes' "$killed 13 .* due again in 3600 s\$"
	[ "$(log_count 'mta-stsctl renew')" = 9 ]
	# 2, as where another run holds the lock, is well if it says so
	fails 'say 600; exit 2' "$LOG_SERVING"
	fails 'exit 4' "$ended 4, .* due again in 60 s\$"
	serves_age 604800 a.example.com
}

@test "not there at all: told, and found when it is" {
	expect_log '^(warning|error): .*mta-stsctl'
	rm "$T/bin/mta-stsctl"
	start_daemon
	wait_log "^error: $T/bin/mta-stsctl cannot be run: No such file"
	wait_log '^warning: mta-stsctl renew ended with status 2, .* in 60 s$'
	serves_age 604800 a.example.com
	fake "$T/bin"
	RETRY=601
	change
	wait_story 3 1 'started .*'
}

@test "it is found in ../bin too, and after an upgrade of the daemon" {
	mkdir "$T/sbin"
	mv "$T/bin/mta-stsd" "$T/sbin"
	BIN=$T/sbin
	start_daemon
	starts 1
	replace "$T/sbin/mta-stsd" <"$REAL/mta-stsd"
	[[ $(readlink "/proc/$MANAGER/exe") == *' (deleted)' ]]
	RETRY=601
	change
	starts 2
}

@test "a new host or another acme setting starts it; nothing else does" {
	NAMES=(a.example.com c.example.com)
	write >"$CONF"
	BIN=$REAL selfsign
	NAMES=(a.example.com)
	write >"$CONF"
	start_daemon
	starts 1
	# a host that has its pair, another policy, a pair that is new
	NAMES=(a.example.com c.example.com)
	take_change
	write | sed 's/604800/604801/' | replace "$CONF"
	wait_until 3 "the policy" serves_age 604801 a.example.com
	reload
	starts 1
	# a host without one
	NAMES=(a.example.com b.example.com c.example.com)
	change
	wait_story 2 2 'started .*'
	# which is not new any more
	write | sed 's/604800/604802/' | replace "$CONF"
	wait_until 3 "the policy" serves_age 604802 a.example.com
	starts 2
	RETRY=700
	change
	starts 3
	[ "$(how_often "started -c $CONF renew --supervised")" = 3 ]
}

@test "while one runs, news are told it once, and the next one follows" {
	act 'until_told; until [ -e "$run/go" ]; do sleep 0.05; done; say 3600'
	start_daemon
	wait_story 2 1 'started .*'
	NAMES+=(b.example.com)
	change
	wait_story 2 1 HUP
	NAMES+=(c.example.com)
	take_change
	act 'sleep 0.6; say 3600'
	: >"$T/run/go"
	wait_story 3 2 'started .*'
	wait_story 3 2 ended
	run sed 's/^[0-9]* //; s/ .*//' "$T/run/story"
	[ "$output" = $'started\nHUP\nended\nstarted\nended' ]
	starts 2
}

@test "a section that goes ends it; without one nothing is ever started" {
	act 'until_told; say 1'
	expect_log 'warning: mta-sts\.b\.example\.com: no certificate; it'
	start_daemon
	wait_story 2 1 'started .*'
	ACME=
	take_change
	wait_story 2 1 HUP
	wait_story 2 1 ended
	NAMES+=(b.example.com)
	take_change
	refute fetch mta-sts.b.example.com
	starts 1
	unset ACME
	change
	starts 2
}

@test "without acme, or where it redirects, nothing is started or written" {
	local redirect='acme: { redirect: "http://vps1.example.net" }'
	LISTEN="http: \"$ADDR:8080\""
	for ACME in '' "$redirect"; do
		rm -rf "$T/state" "$T/run/story"
		NAMES=(a.example.com)
		write >"$CONF"
		start_daemon
		NAMES+=(b.example.com)
		change
		wait_log "$LOG_GENERATION"
		wait_until 3 "the other host" log_has 'b.example.com: enforce'
		refute fetch mta-sts.b.example.com
		sleep 1
		stop_daemon
		refute test -e "$T/run/story"
		[ "$(ls -A "$T/state")" = $'last-good\nserved' ]
		: >"$LOG"
	done
}

@test "a knock starts it for that host at once, once a minute" {
	NAMES=(a.example.com b.example.com c.example.com)
	write >"$CONF"
	start_daemon
	starts 1
	# neither of a host that has its pair, nor of one that is not ours
	fetch mta-sts.a.example.com >/dev/null
	refute fetch mta-sts.z.example.com
	refute fetch a.example.com
	starts 1
	refute fetch mta-sts.b.example.com
	wait_story 1 1 "started -c $CONF renew --supervised mta-sts.b.example.com"
	# whichever worker hears of it
	for _ in {1..20}; do refute fetch mta-sts.b.example.com; done
	starts 2
	# another one's turn comes, but not at once
	refute fetch mta-sts.c.example.com
	starts 2
	wait_story 12 1 "started -c $CONF renew --supervised mta-sts.c.example.com"
	[ "$(how_often "started .*")" = 3 ]
}

@test "a knock does not wait for a long run, which is then taken up again" {
	NAMES=(a.example.com b.example.com)
	write >"$CONF"
	act '[[ $* == *.example.com ]] || [ -e "$run/once" ] || {
	    : >"$run/once"; until_told
	}
	say 3600'
	start_daemon
	wait_story 2 1 'started .*'
	refute fetch mta-sts.b.example.com
	# it has ten seconds for itself
	sleep 1
	[ "$(how_often HUP)" = 0 ]
	wait_story 12 1 HUP
	wait_story 2 3 ended
	run sed 's/^[0-9]* //; s/.*supervised//' "$T/run/story"
	[ "$output" = "$(printf '%s\n' '' HUP ended \
	    ' mta-sts.b.example.com' ended '' ended)" ]
}

@test "the manager killed: it ends too" {
	act 'until_told'
	start_daemon
	wait_story 2 1 'started .*'
	kill_daemon
	wait_story 2 1 TERM
	wait_story 2 1 ended
}

@test "a stop ends it at once" {
	local began
	act 'until_told'
	start_daemon
	wait_story 2 1 'started .*'
	began=${EPOCHREALTIME/./}
	stop_daemon
	((${EPOCHREALTIME/./} - began < 1500000 * SLOW)) || fail "it took long"
	[ "$(how_often TERM)" = 1 ]
	[ "$(how_often 'started .*')" = 1 ]
}

@test "one that does not want to end is killed with its group, in time" {
	local began pids
	act 'trap "" TERM; sleep 1000 & echo $! >"$run/child"
	    tell deaf; while :; do sleep 0.1; done'
	start_daemon
	wait_story 2 1 deaf
	pids="$(cat "$T/run/child") $(story | sed -n 's/ deaf//p')"
	began=$EPOCHSECONDS
	stop_daemon
	((EPOCHSECONDS - began <= 10)) || fail "it took long"
	wait_until 2 "the group to end" none_alive $pids
}

# store_as_uacme HOST PAIRS PAUSE PAUSE: the directories first, with a pause
# after the key and one before the certificate, which comes by a rename.
store_as_uacme() {
	local host=$1 from=$2/$1 key=$2/private/$1/key.pem
	[ -e "$CERTS/private" ] || mkdir -m 700 "$CERTS/private"
	mkdir -m 700 "$CERTS/private/$host"
	install -m 400 "$key" "$CERTS/private/$host/key.pem"
	sleep "$3"
	mkdir -m 755 "$CERTS/$host"
	sleep "$4"
	install -m 444 "$from/cert.pem" "$CERTS/$host/cert.pem.tmp"
	mv "$CERTS/$host/cert.pem.tmp" "$CERTS/$host/cert.pem"
}

# until_live HOST: how many ms.
until_live() {
	local began=${EPOCHREALTIME/./}
	wait_until 5 "$1 to be served" fetch "$1"
	echo $(((${EPOCHREALTIME/./} - began) / 1000))
}

@test "a pair is served within two seconds after uacme has stored it" {
	local i=0 before after ms host most=0
	mapfile -t NAMES < <(many 9)
	write >"$CONF"
	rm -r "$CERTS"
	CERTS=$T/state/certs
	CA=$T/pairs/ca.pem
	write >"$CONF"
	BIN=$REAL selfsign --dir "$T/pairs"
	refute test -e "$CERTS"
	start_daemon
	[ "$(stat -c %a "$CERTS")" = 700 ]
	# between key and directory; between directory and certificate
	while read -r before after; do
		i=$((i + 1))
		host=mta-sts.d$i.example.com
		store_as_uacme "$host" "$T/pairs" "$before" "$after"
		ms=$(until_live "$host")
		echo "$host: $ms ms ($before $after)"
		((ms < 2000 * SLOW)) || fail "$host: $ms ms"
		((ms < most)) || most=$ms
	done <<-END
		0 0
		0.1 0
		0.3 0
		0 0.05
		0 0.2
		0 0.3
		0.5 0.5
		0 0.19
		0 0.21
	END
	echo "at most $most ms"
}
