# SPDX-License-Identifier: ISC
# A generation takes over whole or not at all: what becomes of new workers is
# decided at their birth by midwife.c.

load lib

NAMES=(a.example.com b.example.com)

prepare() {
	write 604800 >"$CONF"
	selfsign
	bodies "$T/1" 604800 "${NAMES[@]}"
	bodies "$T/2" 604801 "${NAMES[@]}"
	bodies "$T/3" 604802 "${NAMES[@]}"
	echo pass >"$T/fate"
	ATTENDED=("${TRACED[@]}" "$BIN/e2e/midwife" "$T/fate")
	expect_log "$LOG_WORKER_DIED" "$LOG_HANDOVER_FAILED"
}

write() {
	conf <<-END
		domains:
		$(entries "$1" "${NAMES[@]}")
	END
}

births() {
	grep -c "^born .* $1" "$T/stdout" || true
}

more_births() {
	(($(births "$1") > $2))
}

# Under load a change whose new workers meet FATE; then one that succeeds.
old_ones_stay() {
	local fate=$1 seconds=$2 old
	start_daemon "${ATTENDED[@]}"
	start_load -c 4 -m "$T/1" "$T/2" "$T/3"
	old=$(workers)
	echo "$fate" >"$T/fate"
	write 604801 | replace "$CONF"
	reload
	wait_until 5 "a birth" more_births "$fate" 0
	wait_log "$LOG_HANDOVER_FAILED" "$seconds"
	[ "$(workers)" = "$old" ] || fail "workers $(workers), not $old"
	serves_age 604800 "${NAMES[@]}"
	echo pass >"$T/fate"
	write 604802 | replace "$CONF"
	reload
	wait_until 10 "a better one" serves_age 604802 "${NAMES[@]}"
	wait_until 10 "the old workers to end" none_alive $old
	end_load
	[ "$(workers | wc -l)" = 2 ]
}

@test "new workers that die at once leave the old ones serving" {
	old_ones_stay kill 5
}

@test "new workers that crash at once leave the old ones serving" {
	expect_log Sanitizer
	old_ones_stay crash 5
}

@test "new workers that never report ready are killed after 5 s" {
	old_ones_stay stop 8
	wait_until 5 "no newborn left" no_newborn_left
}

no_newborn_left() {
	# shellcheck disable=SC2046 # a list of words
	none_alive $(sed -n 's/^born \([0-9]*\) stop$/\1/p' "$T/stdout")
}

@test "a worker that cannot live is not forked in a storm" {
	local victim
	expect_log Sanitizer
	start_daemon "${ATTENDED[@]}"
	start_load -c 4 -f 8 "$T/1"
	victim=$(workers | head -n 1)
	echo crash >"$T/fate"
	kill -9 "$victim"
	# after 0, 1 and 2 s: three births, the next 4 s later
	wait_until 8 "the third birth" more_births crash 2
	[ "$(births crash)" = 3 ]
	serves_age 604800 "${NAMES[@]}"
	echo pass >"$T/fate"
	wait_until 10 "a worker that lives" two_workers
	end_load
	serves_age 604800 "${NAMES[@]}"
}

@test "SIGTERM while no worker lives ends at once" {
	local began
	expect_log Sanitizer
	start_daemon "${ATTENDED[@]}"
	echo kill >"$T/fate"
	# shellcheck disable=SC2046 # a list of ids
	kill -9 $(workers)
	# after 0, 1 and 2 s both slots wait for 4 s
	wait_until 8 "the third births" more_births kill 5
	wait_until 2 "their death" no_worker
	began=${EPOCHREALTIME/./}
	stop_daemon
	[ $((${EPOCHREALTIME/./} - began)) -lt 2000000 ]
}

no_worker() {
	[ -z "$(workers)" ]
}

two_workers() {
	[ "$(workers | wc -l)" = 2 ]
}

# hold NAME: a connection that stands open after its handshake.
hold() {
	py_behind "$T/$1" held "$ADDR" "$PORT" "$CA" mta-sts.a.example.com \
	    "$T/go"
	wait_until 10 "the handshake" grep -q shaken "$T/$1"
}

# next MAX_AGE: a generation that serves it.
next() {
	write "$1" | replace "$CONF"
	reload
	wait_until 10 "generation $1" serves_age "$1" "${NAMES[@]}"
}

@test "a connection from before the hand-over is finished by the old worker" {
	start_daemon
	hold first
	next 604801
	touch "$T/go"
	wait_until 10 "the answer" grep -q 'max_age: 604800' "$T/first"
	wait_until 10 "the old workers to end" two_workers
}

@test "at most two generations drain: the oldest is cut" {
	LIMITS='handshake: 60s, head: 60s, total: 90s'
	write 604800 >"$CONF"
	local before
	start_daemon "${ATTENDED[@]}"
	hold first
	next 604801
	hold second
	next 604802
	hold third
	# one that failed does not drain, and costs nobody a place
	echo kill >"$T/fate"
	write 604799 | replace "$CONF"
	reload
	wait_log "$LOG_HANDOVER_FAILED"
	sleep 0.3 # a cut would be seen by then
	refute grep 'ended by' "$T/first"
	echo pass >"$T/fate"
	before=$(log_count "$LOG_WORKER_DIED")
	next 604803
	wait_until 10 "the oldest to be cut" grep -q 'ended by' "$T/first"
	# which is as it should be, and no error
	log_has 'notice: 2 generations drain already: the oldest is cut'
	refute grep 'max_age' "$T/first"
	touch "$T/go"
	wait_until 10 "the second" grep -q 'max_age: 604801' "$T/second"
	wait_until 10 "the third" grep -q 'max_age: 604802' "$T/third"
	wait_until 10 "the old workers to end" two_workers
	[ "$(log_count "$LOG_WORKER_DIED")" = "$before" ]
}
