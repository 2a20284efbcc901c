# SPDX-License-Identifier: ISC
# As a service manager sees the daemon: the sockets that it passes in, what it
# is told, and the watchdog that it keeps.

load lib

prepare() {
	SAID=$T/said
	: >"$SAID"
	write 604800 >"$CONF"
	selfsign
}

write() {
	conf <<-END
		domains:
		$(entries "$1" a.example.com b.example.com)
	END
}

# supervised WATCHDOG_MS ADDRESS:PORT...
supervised() {
	local sockets=("${@:2}")
	start_daemon python3 "$HERE/supervise.py" "$SAID" "$1" "${sockets[@]}" --
}

said() {
	grep -cE -- "$1" "$SAID" || true
}

# said_more REGEX THAN
said_more() {
	(($(said "$1") > $2))
}

@test "a socket that is passed in is served, and bound by nobody else" {
	local inode
	supervised 0 "$ADDR:$PORT"
	serves_age 604800 a.example.com
	# The one listener there is the service manager's own.
	[ "$(ss -Hltn src "$ADDR" | wc -l)" = 1 ]
	reload_and_wait_for_nothing
	serves_age 604800 b.example.com
}

reload_and_wait_for_nothing() {
	reload
	wait_log 'nothing that is served has changed'
}

@test "what is not passed in is bound by the daemon itself" {
	LISTEN="plain: \"$ADDR:8081\""
	write 604800 >"$CONF"
	supervised 0 "$ADDR:8081"
	serves_age 604800 a.example.com
	run curl -s -H 'Host: mta-sts.a.example.com' \
	    "http://$ADDR:8081/.well-known/mta-sts.txt"
	[[ $output == *"max_age: 604800"* ]]
}

@test "a socket that listen has no use for answers 404 and is told" {
	supervised 0 "$ADDR:8080" "$ADDR:$PORT"
	expect_log "warning: $ADDR:8080 is passed in, and .listen. has no use"
	log_has "warning: $ADDR:8080 is passed in, and .listen. has no use"
	run curl -s -o /dev/null -w '%{http_code}' -H 'Host: mta-sts.a.example.com' \
	    "http://$ADDR:8080/.well-known/mta-sts.txt"
	[ "$output" = 404 ]
	serves_age 604800 a.example.com
}

# any_port: nobody else's here, for a socket that takes all addresses.
any_port() {
	PORT=$((20000 + BASHPID % 10000))
	SETTINGS=
	conf <<-END | sed "s/^listen: .*/listen: { https: \"[::]:$PORT\", admin: off }/" >"$CONF"
		domains:
		$(entries 604800 a.example.com b.example.com)
	END
}

both_families_serve() {
	ADDR=127.0.0.1 serves_age 604800 a.example.com
	ADDR='[::1]' serves_age 604800 a.example.com
}

@test "[::] is both families, passed in as two sockets in either order" {
	any_port
	supervised 0 "[::]:$PORT" "0.0.0.0:$PORT"
	both_families_serve
	stop_daemon
	supervised 0 "0.0.0.0:$PORT" "[::]:$PORT"
	both_families_serve
}

@test "[::] passed in for IPv6 alone: IPv4 is bound beside it" {
	any_port
	supervised 0 "[::]:$PORT"
	both_families_serve
}

@test "a count of sockets that are not there costs no word of the log" {
	local n
	expect_log 'warning: descriptor [0-9]+, which was passed in, is no listening'
	# shellcheck disable=SC2016 # sh expands it
	start_daemon sh -c \
	    'exec 3>&- 4>&- 5>&-; LISTEN_PID=$$ LISTEN_FDS=3 exec "$@"' sh
	for n in 3 4 5; do
		log_has "descriptor $n, which was passed in, is no listening"
	done
	serves_age 604800 a.example.com
	stop_daemon
	log_has 'notice: stopped'
}

@test "sockets for another process are left alone" {
	LISTEN_PID=1 LISTEN_FDS=1 start_daemon
	serves_age 604800 a.example.com
}

@test "what is passed in and is no listening socket is told" {
	expect_log 'warning: descriptor 3, which was passed in, is no listening'
	# The shell that says so is replaced by the daemon: its id stays.
	# shellcheck disable=SC2016 # sh expands it
	start_daemon sh -c \
	    'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3</dev/null' sh
	log_has 'descriptor 3, which was passed in'
	serves_age 604800 a.example.com
}

@test "READY, RELOADING and STOPPING are told, and what is wrong" {
	supervised 0 "$ADDR:$PORT"
	wait_until 5 "READY" said_more '^READY=1' 0
	grep -qx 'STATUS=serving 2 domains with 2 certificates, 0 as last good' \
	    "$SAID"
	expect_log "$LOG_REFUSED" 'mta-stsd.yaml:[0-9]+:[0-9]+: '
	write 604801 | sed 's/^workers: .*/workers: many/' >"$CONF"
	wait_until 10 "the fault" said_more '^STATUS=.*; fault: .*workers' 0
	[ "$(said '^RELOADING=1')" -ge 1 ]
	[ "$(said '^MONOTONIC_USEC=[0-9]+$')" -ge 1 ]
	serves_age 604800 a.example.com
	# New pairs do not make it forgotten; a mended file does.
	cp -p "$CERTS/private/mta-sts.a.example.com/key.pem" "$T/key"
	mv "$T/key" "$CERTS/private/mta-sts.a.example.com/key.pem"
	wait_until 10 "it to be told again" said_more '^STATUS=.*; fault: .*workers' 1
	write 604801 >"$CONF"
	wait_until 10 "the end of the fault" said_more '^STATUS=.* last good$' 1
	serves_age 604801 a.example.com
	stop_daemon
	grep -qx STOPPING=1 "$SAID"
}

@test "new workers that fail are told, until some do not" {
	echo pass >"$T/word"
	expect_log "$LOG_WORKER_DIED" "$LOG_HANDOVER_FAILED"
	start_daemon "${TRACED[@]}" python3 "$HERE/supervise.py" "$SAID" 0 -- \
	    "$BIN/e2e/midwife" "$T/word"
	echo kill >"$T/word"
	write 604801 >"$CONF"
	wait_until 10 "STATUS to tell" said_more \
	    '^STATUS=serving 2 .*; fault: the new workers failed$' 0
	serves_age 604800 a.example.com
	echo pass >"$T/word"
	wait_until 20 "the next try" serves_age 604801 a.example.com
	tail -n 1 "$SAID" | grep -qx 'STATUS=.* 0 as last good'
}

@test "a fault's words are one line, whatever they quote" {
	supervised 0 "$ADDR:$PORT"
	expect_log 'error: ' 'warning: '
	{
		write 604800
		printf '  c.example.com: { mode: "\\n\\e[31m\\u202e", mx: [mx.c] }\n'
	} >"$CONF"
	wait_until 10 "the fault" said_more '^STATUS=.*; fault: ' 0
	refute grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae' "$SAID"
}

@test "the watchdog is fed while workers answer, and only then" {
	local fed pids
	expect_log "$LOG_WORKER_DIED" 'worker [0-9]+ does not answer: it is killed'
	supervised 1200 "$ADDR:$PORT"
	wait_until 5 "two feedings" said_more '^WATCHDOG=1' 1
	pids=$(workers)
	# shellcheck disable=SC2086 # a list of ids
	kill -STOP $pids
	wait_until 5 "the workers to stand" all_stopped $pids
	fed=$(said '^WATCHDOG=1')
	# Until they are killed, after three questions, nobody is fed.
	# shellcheck disable=SC2086 # a list of ids
	wait_until 10 "their end" none_alive $pids
	[ "$(said '^WATCHDOG=1')" -le $((fed + 1)) ]
	log_has 'worker [0-9]+ does not answer: it is killed'
	wait_until 5 "the watchdog to be fed again" said_more '^WATCHDOG=1' $((fed + 1))
	serves_age 604800 a.example.com
}

all_stopped() {
	local pid stat
	for pid; do
		stat=$(cat "/proc/$pid/stat")
		[[ ${stat##*) } == T* ]] || return 1
	done
}

@test "the watchdog is fed during a long build" {
	local before names
	mapfile -t names < <(many 3000)
	conf >"$T/many.yaml" <<-END
		domains:
		$(entries 604800 a.example.com b.example.com "${names[@]}")
	END
	mkdir "$T/many"
	"$BIN/mta-stsctl" -c "$T/many.yaml" selfsign --dir "$T/many" >/dev/null
	# So impatient a watchdog leaves a worker 200 ms, which a busy machine
	# may not keep; that is not what this is about.
	expect_log "$LOG_WORKER_DIED" 'worker [0-9]+ does not answer: it is killed'
	supervised 400 "$ADDR:$PORT"
	before=$(generations)
	write 604800 | sed "s,^certs: .*,certs: $T/many," >"$CONF"
	wait_generation "$before" 60
	# Between the begin of the last reload and its end.
	awk '/^RELOADING=1/ { n = 0 } /^WATCHDOG=1/ { n++ }
	    /^STATUS=/ { last = n } END { print last + 0 }' "$SAID" >"$T/fed"
	[ "$(cat "$T/fed")" -ge 2 ] || fail "fed $(cat "$T/fed") times"
}
