# SPDX-License-Identifier: ISC
# Workers and the manager die and are stopped: what was asked is answered,
# what died is replaced, and nothing is left behind.

load lib

prepare() {
	NAMES=(a.example.com b.example.com c.example.com)
	LIMITS='handshake: 5s, head: 5s, answer: 5s, total: 10s'
	write 604800 >"$CONF"
	selfsign
	bodies "$T/1" 604800 "${NAMES[@]}"
}

write() {
	conf <<-END
		domains:
		$(entries "$1" "${NAMES[@]}")
	END
}

two_workers_without() {
	local now
	now=$(workers)
	[ "$(wc -l <<<"$now")" = 2 ] && ! grep -qx "$1" <<<"$now"
}

# A worker dies under load: at most what it held is lost.
worker_dies_by() {
	local victim clients=8
	expect_log "$LOG_WORKER_DIED"
	start_daemon
	start_load -c "$clients" -f "$clients" "$T/1"
	victim=$(workers | head -n 1)
	kill "-$1" "$victim"
	wait_until 2 "the worker to be replaced" two_workers_without "$victim"
	log_has "$LOG_WORKER_DIED"
	end_load
	cat "$T/load.out"
	run_load -n 200 -c 8 "$T/1"
}

@test "a worker killed with SIGKILL is replaced at once" {
	worker_dies_by KILL
}

@test "a worker killed with SIGSEGV is replaced at once" {
	expect_log Sanitizer
	worker_dies_by SEGV
}

@test "all workers killed at once: service comes back by itself" {
	local victims
	expect_log "$LOG_WORKER_DIED"
	start_daemon
	victims=$(workers)
	# shellcheck disable=SC2086 # a list of ids
	kill -9 $victims
	wait_until 3 "service" serves_age 604800 "${NAMES[@]}"
}

@test "a worker that hangs when it should end is killed in time" {
	local victim
	LIMITS='handshake: 1s, head: 1s, answer: 1s, total: 1s'
	write 604800 >"$CONF"
	expect_log 'error: worker [0-9]+ has left and does not end'
	expect_log "$LOG_WORKER_DIED"
	start_daemon
	victim=$(workers | head -n 1)
	kill -STOP "$victim"
	write 604801 >"$CONF"
	wait_until 10 "the worker's end" gone "$victim"
	log_has 'worker [0-9]+ has left and does not end'
	serves_age 604801 "${NAMES[@]}"
}

@test "SIGTERM under load loses no fetch that had sent its head" {
	start_daemon
	start_load -c 32 "$T/1"
	kill -USR1 "$LOAD"
	wait_until 5 "the mark" grep -q '^marked' "$T/load.out"
	stop_daemon
	wait "$LOAD" || fail "$(cat "$T/load.out")"
	cat "$T/load.out"
	grep -q '32 ended' "$T/load.out"
}

@test "SIGTERM to all processes at once, as systemd sends it, loses none" {
	start_daemon
	start_load -c 32 "$T/1"
	kill -USR1 "$LOAD"
	wait_until 5 "the mark" grep -q '^marked' "$T/load.out"
	# shellcheck disable=SC2046 # a list of ids
	kill -TERM $(workers) "$MANAGER"
	wait_until 15 "the daemon to end" gone "$PID"
	wait "$LOAD" || fail "$(cat "$T/load.out")"
	grep -q '32 ended' "$T/load.out"
}

@test "heads that wait unread at SIGTERM are answered, the rest is closed" {
	LISTEN="plain: \"$ADDR:8081\""
	write 604800 >"$CONF"
	start_daemon
	# shellcheck disable=SC2046 # a list of ids
	py stopping "$ADDR" "$PORT" 8081 "$CA" mta-sts.a.example.com \
	    "$LOG" "$LOG_STOPPING" "$MANAGER" $(workers)
	wait_until 5 "the daemon to end" gone "$PID"
	stop_daemon
}

@test "SIGINT stops as SIGTERM does" {
	start_daemon
	kill -INT "$MANAGER"
	wait_until 5 "the daemon to end" gone "$PID"
	stop_daemon
}

@test "idle connections do not hold up a stop" {
	local began
	start_daemon
	py_behind "$T/crowd" crowd to "$ADDR" "$PORT" \
	    open 127.0.0.2 20 20 hold
	wait_until 10 "the crowd" grep -q holding "$T/crowd"
	began=$EPOCHSECONDS
	stop_daemon
	[ $((EPOCHSECONDS - began)) -le 4 ]
}

@test "the manager killed: its workers end too" {
	start_daemon
	start_load -c 4 -f 1000000 "$T/1"
	kill_daemon
	kill "$LOAD"
	refute fetch mta-sts.a.example.com
	start_daemon
	serves_age 604800 "${NAMES[@]}"
}

@test "500 reloads of 500 domains: memory, descriptors, processes are as before" {
	local count=${E2E_RELOADS:-500}
	! sanitized || count=${E2E_RELOADS:-60}
	mapfile -t NAMES < <(many 500)
	LIMITS='handshake: 1s, head: 1s, answer: 1s, total: 2s'
	write 604800 >"$CONF"
	selfsign
	start_daemon
	py churn "$CONF" "$LOG" "$MANAGER" "$count" "$LOG_GENERATION" \
	    "$(sanitized && echo 1000 || echo 1.25)"
	fetch mta-sts.d500.example.com >/dev/null
}
