# SPDX-License-Identifier: ISC
# The admin process: probes and status, who may ask, and that nothing that
# becomes of it is felt by a sender.

load lib
load admin

NAMES=(a.example.com b.example.com c.example.com)

prepare() {
	SOCKET=$T/admin.sock
	ADMIN=unix:$SOCKET
	SETTINGS='host: policies.example.net'
	write 604800 >"$CONF"
	selfsign
	bodies "$T/1" 604800 "${NAMES[@]}"
}

write() {
	conf_admin <<-END
		domains:
		$(entries "$1" "${NAMES[@]}")
	END
}

@test "probes are 200, and one line" {
	start_seen
	[ "$(ask /livez)" = well ]
	[ "$(ask /readyz)" = well ]
	[ "$(code /)" = 404 ]
	[ "$(code /statusx)" = 404 ]
	[ "$(code /livez -X POST -d x=y)" = 405 ]
	[ "$(code /livez -I)" = 200 ]
	[ "$(admins | wc -l)" = 1 ]
	[ "$(workers | wc -l)" = 2 ]
}

@test "status is one JSON object with what is served" {
	start_seen
	status_is 's["alive"] and s["ready"] and s["version"]'
	status_is 's["workers"] == {"wanted": 2, "alive": 2, "restarts": 0}'
	status_is '[h["domain"] for h in s["hosts"]] == [None, "a.example.com",
	    "b.example.com", "c.example.com"]'
	status_is 's["hosts"][0]["host"] == "policies.example.net"'
	status_is 's["hosts"][1]["host"] == "mta-sts.a.example.com" and
	    s["hosts"][1]["mode"] == "enforce" and not s["hosts"][1]["kept"]'
	status_is "s['hosts'][1]['id'] == '$(policy_id <"$T/1/a.example.com")'"
	status_is 'all(h["certificate"]["state"] == "valid" and
	    h["certificate"]["not_after"] > s["started"] for h in s["hosts"])'
	# as the tool, which reads files, has it
	"$BIN/mta-stsctl" -c "$CONF" status --json >"$T/tool"
	status_is "[(h['host'], h['id'], h['certificate']['not_after'])
	    for h in sorted(s['hosts'], key=lambda h: h['host'])] ==
	    [(h['host'], h['id'], h['certificate']['not_after']) for h in
	    sorted(json.load(open('$T/tool'))['hosts'],
	    key=lambda h: h['host'])]"
}

@test "a change is in status with its generation" {
	local before
	start_seen
	before=$(ask /status | python3 -c 'import json, sys
print(json.load(sys.stdin)["generation"]["number"])')
	NAMES+=(d.example.com)
	write 604800 | replace "$CONF"
	expect_log "$LOG_NO_PAIR_AT_ALL"
	wait_until 5 "the new domain" status_is \
	    's["hosts"][-1]["certificate"] == {"state": "missing", "not_before": None, "not_after": None}'
	status_is "s['generation']['number'] > $before"
	[ "$(ask /readyz)" = well ]
	[ "$(admins | wc -l)" = 1 ]
}

@test "what is refused, kept and missing is told, and no probe fails for it" {
	expect_log "$LOG_REFUSED" "$LOG_KEPT" 'error: mta-stsd.yaml:' \
	    'error: .*mta-stsd.yaml' "$LOG_NO_PAIR_AT_ALL" "$LOG_GONE"
	start_daemon
	wait_until 5 "the admin process" status_is 's["reload"]["taken"]'
	echo 'workers: [' | replace "$CONF"
	wait_until 5 "a refusal" status_is 'not s["reload"]["taken"] and
	    s["reload"]["faults"] == 1'
	[ "$(ask /livez) $(ask /readyz)" = 'well well' ]
	write 604800 | sed '/ a\.example/s/enforce/enforced/' | replace "$CONF"
	wait_until 5 "a domain that is kept" status_is 's["reload"]["taken"] and
	    s["reload"]["kept"] == 1 and s["hosts"][1]["kept"] and
	    s["reload"]["faults"] == 1'
	[ "$(ask /livez) $(ask /readyz)" = 'well well' ]
	# three of three would leave
	write 604800 | sed 's/\.example\.com:/.example.org:/' | replace "$CONF"
	wait_until 5 "the brake" status_is 's["reload"]["held_by_brake"] == 3'
	[ "$(ask /livez) $(ask /readyz)" = 'well well' ]
	write 604800 >"$CONF"
	kill -USR1 "$MANAGER"
	wait_until 5 "all well" status_is 's["reload"]["kept"] == 0 and
	    s["reload"]["faults"] == 0 and s["reload"]["held_by_brake"] == 0'
}

@test "killed it comes back, and no fetch fails" {
	local before
	expect_log "$LOG_ADMIN_DIED"
	start_seen
	start_load -c 8 "$T/1"
	before=$(admins)
	kill -9 "$before"
	wait_until 5 "another one" another_admin "$before"
	wait_until 5 "it to answer" ask /livez
	log_has "$LOG_ADMIN_DIED"
	# one that does not answer the manager is killed, and so comes back
	before=$(admins)
	kill -STOP "$before"
	wait_until 60 "the hanging one to be replaced" another_admin "$before"
	wait_until 5 "it to answer" ask /livez
	status_is 's["workers"]["restarts"] == 0'
	end_load
}

@test "a worker's death is seen: livez, and how many there were" {
	local n
	expect_log "$LOG_WORKER_DIED"
	WORKERS=1
	write 604800 >"$CONF"
	start_seen
	# the fourth one in a row is replaced after four seconds
	for n in 1 2 3 4; do
		wait_until 5 "a worker" ask /livez
		kill -9 "$(workers)"
		wait_until 5 "its death" status_is "s['workers']['restarts'] == $n"
	done
	code_is 503 /livez
	[ "$(ask /livez || true)" = 'a worker has ended' ]
	[ "$(ask /readyz || true)" = 'no worker is alive' ]
	wait_until 10 "a new worker" ask /livez
	status_is 's["workers"]["restarts"] == 4'
}

@test "a manager that hangs is not alive" {
	start_seen
	kill -STOP "$MANAGER"
	wait_until 60 "the probe to fail" code_is 503 /livez ||
	    { kill -CONT "$MANAGER"; return 1; }
	[ "$(ask /livez || true)" = 'the manager does not answer' ]
	kill -CONT "$MANAGER"
	wait_until 20 "it to be well again" ask /livez
}

@test "strangers on the socket are ended, and hold up nobody" {
	start_seen
	# more than there is room for
	mkfifo "$T/fifo"
	exec 7<>"$T/fifo"
	python3 "$HERE/admin.py" hold "$SOCKET" 100 <"$T/fifo" >"$T/held" 3>&- &
	HELPERS+=($!)
	wait_until 10 "them to be there" grep -q 'held 100' "$T/held"
	[ "$(ask /livez --max-time "$SLOW")" = well ]
	[ "$(py admin slow "$SOCKET" 20 $((15 * SLOW)))" = 20 ]
	[ "$(ask /livez --max-time "$SLOW")" = well ]
	exec 7>&-
}

@test "who may ask: the user and its group, and what is left behind is replaced" {
	[ "$(id -u)" = 0 ] || skip "only root can become another user"
	local as=(setpriv --reuid nobody --regid nogroup --clear-groups)
	local other=(setpriv --reuid 65533 --regid 65533 --clear-groups)
	ADMIN=unix:$T/open/admin.sock
	SOCKET=$T/open/admin.sock
	mkdir -m 755 "$T/open"
	chown nobody "$T/open"
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" 2>/dev/null
	write 604800 | sed 's/^user: .*/user: nobody/' >"$CONF"
	chown -R nobody "$T/conf" "$CERTS" "$T/state" 2>/dev/null || true
	start_daemon
	[ "$(stat -c '%U %a' "$SOCKET")" = 'nobody 660' ]
	wait_until 5 "the admin process" "${as[@]}" curl -sS --fail \
	    --unix-socket "$SOCKET" http://localhost/livez
	refute "${other[@]}" curl -sS --fail --unix-socket "$SOCKET" \
	    http://localhost/livez
	kill_daemon
	[ -S "$SOCKET" ]
	start_seen
}

@test "nowhere to listen: told, and served all the same" {
	expect_log "$LOG_NO_ADMIN"
	ADMIN=unix:$T/none/admin.sock
	write 604800 >"$CONF"
	start_daemon
	log_has "$LOG_NO_ADMIN$ADMIN: its directory is not there"
	[ -z "$(admins)" ]
	serves_age 604800 "${NAMES[@]}"
	stop_daemon
	# another one is there already, and stays there
	ADMIN=unix:$SOCKET
	write 604800 >"$CONF"
	start_seen
	sed "s/:$PORT/:$((PORT + 1))/; s|^state: .*|state: $T/state2|" "$CONF" \
	    >"$T/conf/second.yaml"
	"$BIN/mta-stsd" -c "$T/conf/second.yaml" 2>"$T/second" 3>&- &
	HELPERS+=($!)
	wait_until 10 "the second one" grep -qE "$LOG_SERVING" "$T/second"
	grep -q "$LOG_NO_ADMIN.*Address already in use" "$T/second"
	[ "$(ask /livez)" = well ]
}

@test "an address is obeyed; one that others reach is a warning" {
	ADMIN="$ADDR:9090"
	write 604800 >"$CONF"
	refute grep -q loopback <<<"$("$BIN/mta-stsd" -n -c "$CONF" 2>&1)"
	start_daemon
	wait_until 5 "the admin process" curl -sS --fail --noproxy '*' \
	    "http://$ADDR:9090/livez"
	stop_daemon
	ADMIN='[::]:9090'
	write 604800 >"$CONF"
	"$BIN/mta-stsd" -n -c "$CONF" 2>&1 |
	    grep 'listen.admin \[::\]:9090 is no loopback address.*(warning)'
}
