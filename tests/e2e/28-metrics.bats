# SPDX-License-Identifier: ISC
# Each metric moves by what it counts, all of them outlive what they count, and
# nothing that a stranger sends gets out of its quotes.

load lib
load admin

HOST=mta-sts.a.example.com
PATH_OF_POLICY=/.well-known/mta-sts.txt

prepare() {
	WORKERS=1
	LISTEN="http: \"$ADDR:8080\", plain: \"$ADDR:8081\""
	LIMITS='handshake: 2s, head: 2s'
	SETTINGS='acme: { agree_to_terms: true, redirect: "http://vps1.example.net" }'
	write a.example.com b.example.com >"$CONF"
	selfsign
	expect_log "$LOG_NO_PAIR_AT_ALL"
}

write() {
	conf_admin <<-END
		domains:
		$(entries 604800 "$@")
	END
}

# plain TEXT: what is answered to these bytes on `plain`.
plain() {
	exec 8<>"/dev/tcp/$ADDR/8081"
	printf '%b' "$1" >&8
	cat <&8 >"$T/answer"
	exec 8>&-
}

# hold: a connection that says nothing, until let_go.
hold() {
	exec 8<>"/dev/tcp/$ADDR/$PORT"
}

let_go() {
	exec 8>&-
}

hello() {
	py hello "$ADDR" "$PORT" "$@"
}

# renew_is COMMANDS: what the mta-stsctl beside the daemon does from now on.
renew_is() {
	printf '#!/bin/sh\n%s\n' "$1" | replace "$T/bin/mta-stsctl"
	chmod +x "$T/bin/mta-stsctl"
}

# beside_renew COMMANDS: certificates are ordered, by such a mta-stsctl.
beside_renew() {
	SETTINGS='acme: { agree_to_terms: true, challenges: [tls-alpn-01] }'
	LISTEN=
	mkdir "$T/bin"
	cp "$BIN/mta-stsd" "$T/bin"
	BIN=$T/bin
	renew_is "$1"
	write a.example.com b.example.com >"$CONF"
}

@test "promtool finds nothing to say about them" {
	start_seen
	hello --sni mta-sts.unknown.example
	fetch "$HOST" >/dev/null
	ask /metrics >"$T/metrics"
	promtool check metrics <"$T/metrics" >"$T/told" 2>&1 ||
	    fail "$(cat "$T/told")"
	[ ! -s "$T/told" ] || fail "$(cat "$T/told")"
	ask /metrics -o /dev/null -D "$T/head"
	grep -qi '^content-type: text/plain; version=0.0.4' "$T/head"
	# one value each, whatever is in it
	[ "$(grep -v '^#' "$T/metrics" | sed 's/ [^ ]*$//' | sort |
	    uniq -d | wc -l)" = 0 ]
}

@test "each rule of conf/ fires for what it is for, says promtool" {
	promtool check rules "$HERE/../../conf/mta-stsd.rules.yml"
	promtool test rules "$HERE/rules.yml"
	# and each metric in it is one that is told
	start_seen
	ask /metrics >"$T/metrics"
	for name in $(grep -oE 'mta_stsd_[a-z_]+' \
	    "$HERE/../../conf/mta-stsd.rules.yml" | sort -u); do
		grep -q "^# TYPE $name " "$T/metrics" || fail "no metric $name"
	done
}

@test "fetches by status, policies, connections and the time they take" {
	start_seen
	moves 1 'fetches_total{status="200"}' fetch "$HOST"
	moves 1 policies_served_total fetch "$HOST"
	moves 0 policies_served_total fetch "$HOST" /
	moves 1 connections_total fetch "$HOST"
	moves 1 fetch_duration_seconds_count fetch "$HOST"
	moves 1 'fetch_duration_seconds_bucket{le="+Inf"}' fetch "$HOST"
	awk -v a="$(metric fetch_duration_seconds_sum)" 'BEGIN { exit !(a > 0) }'
	moves 1 'fetches_total{status="404"}' fetch "$HOST" /x -o /dev/null -f ||
	    true
	moves 1 'fetches_total{status="405"}' plain \
	    "PUT $PATH_OF_POLICY HTTP/1.1\r\nHost: $HOST\r\n\r\n"
	moves 1 'fetches_total{status="302"}' curl -sS --noproxy '*' \
	    -H "Host: $HOST" -o /dev/null \
	    "http://$ADDR:8080/.well-known/acme-challenge/abcdefghijklmnopqrstuvwxyz"
	# slow ones are in a slow bucket
	plain_slowly() {
		exec 8<>"/dev/tcp/$ADDR/8081"
		printf 'GET / HTTP/1.1\r\n' >&8
		sleep 0.6
		printf 'Host: %s\r\n\r\n' "$HOST" >&8
		cat <&8 >"$T/answer"
		exec 8>&-
	}
	moves 1 'fetch_duration_seconds_bucket{le="+Inf"}' plain_slowly
	moves 0 'fetch_duration_seconds_bucket{le="0.5"}' plain_slowly
}

@test "fetches by domain outlive reloads and workers, but not the domain" {
	expect_log "$LOG_WORKER_DIED" "$LOG_GONE"
	local a='domain_fetches_total{domain="a.example.com"}'
	local b='domain_fetches_total{domain="b.example.com"}'
	start_seen
	moves 1 "$a" fetch "$HOST"
	moves 0 "$b" fetch "$HOST"
	moves 0 "$a" fetch "$HOST" /
	moves 1 "$b" fetch mta-sts.b.example.com
	status_is 's["hosts"][0]["fetches"] == 2 and
	    s["hosts"][1]["fetches"] == 1'
	kill -9 "$(workers)"
	wait_until 5 "another worker" metric_is worker_restarts_total 1
	wait_until 5 "it to serve" serves_age 604800 b.example.com
	wait_until 5 "its count" metric_is "$b" 2
	# its number goes to the one that comes, and no count with it
	write 0.example.com b.example.com | replace "$CONF"
	wait_until 5 "the change" metric_is \
	    'domain_fetches_total{domain="0.example.com"}' 0
	metric_is "$b" 2
	write a.example.com b.example.com | replace "$CONF"
	wait_until 5 "the change" metric_is "$a" 0
	moves 1 "$a" fetch "$HOST"
	metric_is "$b" 2
	metric_is 'domain_fetches_total{domain="other"}' 0
}

# ticks PID: its processor time so far, in hundredths of a second.
ticks() {
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

@test "10,000 domains: a page takes under 100 ms, and holds up no fetch" {
	local all before i pid
	all=$(many 10000)
	rm -r "${CERTS:?}"/*
	# a hundred names in each certificate
	for i in $(seq 0 99); do
		special_pair "mta-sts.d$((i * 100 + 1)).example.com" \
		    "$(seq -f 'DNS:mta-sts.d%g.example.com' -s , \
		    $((i * 100 + 1)) $((i * 100 + 100)))" '1 hour ago' '30 days'
	done
	CA=$T/special/ca.pem
	# shellcheck disable=SC2086 # a list of names
	write $all >"$CONF"
	launch
	wait_until 60 "the daemon to serve" log_has "$LOG_SERVING"
	wait_until 5 "the admin process" ask /livez
	for i in 1 50 100; do bodies "$T/1" 604800 "d$((i * 100)).example.com"; done
	start_load -c 2 "$T/1"
	pid=$(admins)
	before=$(ticks "$pid")
	for _ in $(seq 20); do
		fetch mta-sts.d500.example.com "$PATH_OF_POLICY" \
		    --max-time "$SLOW" >/dev/null
		ask /metrics >"$T/metrics"
	done
	echo "20 pages of $(wc -c <"$T/metrics") bytes:" \
	    "$(($(ticks "$pid") - before)) ticks of 10 ms"
	# processor time, which no neighbour lengthens much
	[ $(($(ticks "$pid") - before)) -lt $((200 * SLOW)) ]
	end_load
	[ "$(grep -c '^mta_stsd_certificate_expiry_t' "$T/metrics")" = 10000 ]
	[ "$(grep -c '^mta_stsd_domain_fetches_total' "$T/metrics")" = 10001 ]
	grep -qx 'mta_stsd_domain_fetches_total{domain="d500.example.com"} 20' \
	    "$T/metrics"
	promtool check metrics <"$T/metrics"
}

@test "what the gate refuses, by reason and by status" {
	start_seen
	local long
	long=$(printf 'x%.0s' {1..5000})
	each() { # REASON STATUS BYTES
		moves 1 "requests_refused_total{reason=\"$1\"}" plain "$3"
		moves 1 "fetches_total{status=\"$2\"}" plain "$3"
	}
	each malformed 400 'GET / HTTP/1.1\r\n\r\n'
	each line_too_long 414 "GET /$long HTTP/1.1\r\nHost: $HOST\r\n\r\n"
	each head_too_long 431 \
	    "GET / HTTP/1.1\r\nHost: $HOST\r\nX: $long\r\nY: $long\r\n\r\n"
	each not_implemented 501 "BREW / HTTP/1.1\r\nHost: $HOST\r\n\r\n"
	each version 505 "GET / HTTP/3.0\r\nHost: $HOST\r\n\r\n"
	each timeout 408 'GET / HTTP/1.1\r\n'
	moves 1 'timeouts_total{stage="head"}' plain 'GET / HTTP/1.1\r\n'
	misnamed() {
		refute fetch "$HOST" / -H 'Host: mta-sts.b.example.com'
	}
	moves 1 'requests_refused_total{reason="host_is_not_sni"}' misnamed
	moves 1 'fetches_total{status="421"}' misnamed
	moves 0 'requests_refused_total{reason="malformed"}' fetch "$HOST"
}

@test "handshakes refused, by reason" {
	write a.example.com b.example.com new.example.com >"$CONF"
	start_seen
	each() { # REASON OPTIONS...
		moves 1 "handshakes_refused_total{reason=\"$1\"}" \
		    hello "${@:2}"
	}
	each no_sni
	each bad_name --sni 'a_b\x00.example'
	each unknown_host --sni mta-sts.unknown.example
	each no_certificate --sni mta-sts.new.example.com
	each protocol --sni "$HOST" --alpn h2
	each protocol --sni "$HOST" --versions 1.1
	silent() {
		hold
		sleep 3.5
		let_go
	}
	moves 1 'handshakes_refused_total{reason="timeout"}' silent
	moves 1 'timeouts_total{stage="handshake"}' silent
}

@test "connections open and limited; a worker that dies holds none" {
	LIMITS='handshake: 60s, total: 60s, per_address: 2'
	LISTEN+=', proxies: [127.3.0.0/16]'
	expect_log "$LOG_WORKER_DIED"
	write a.example.com >"$CONF"
	start_seen
	hold
	wait_until 5 "it to be open" metric_is connections_open 1
	exec 9<>"/dev/tcp/$ADDR/$PORT"
	wait_until 5 "both to be open" metric_is connections_open 2
	over() {
		refute fetch "$HOST"
	}
	moves 1 'connections_limited_total{limit="per_address"}' over
	moves 1 worker_restarts_total kill -9 "$(workers)"
	wait_until 5 "none to be open" metric_is connections_open 0
	wait_until 5 "a worker" metric_is workers_alive 1
	exec 9>&-
	let_go
	sed -i 's/per_address: 2/connections: 1/' "$CONF"
	stop_daemon
	start_seen
	hold
	wait_until 5 "it to be open" metric_is connections_open 1
	expect_log 'warning: a connection was closed: 1 are held'
	moves 1 'connections_limited_total{limit="connections"}' over
	let_go
	wait_until 5 "none to be open" metric_is connections_open 0
	# a believed proxy that says nothing
	sed -i 's/handshake: 60s/handshake: 1s/' "$CONF"
	stop_daemon
	start_seen
	silent_proxy() {
		python3 -c 'import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10,
                             ("127.3.0.1", 0))
s.recv(1)' "$ADDR" "$PORT"
	}
	moves 1 'timeouts_total{stage="proxy"}' silent_proxy
}

@test "generations, reloads, faults, what is kept and held, modes" {
	local since
	expect_log "$LOG_REFUSED" "$LOG_KEPT" 'error: /.*mta-stsd.yaml' "$LOG_GONE"
	start_seen
	[ "$(metric workers_wanted) $(metric workers_alive)" = '1 1' ]
	[ "$(metric 'build_info{version="'"$("$BIN/mta-stsd" -V |
	    sed 's/.* //')"'"}')" = 1 ]
	metric_is last_reload_successful 1
	metric_is 'domains{mode="enforce"}' 2
	since=$(metric generation)
	fetch "$HOST" >/dev/null
	write a.example.com b.example.com c.example.com |
	    sed '/ c\.example/s/enforce/testing/' | replace "$CONF"
	wait_until 5 "a new generation" metric_is 'domains{mode="testing"}' 1
	[ "$(metric generation)" -gt "$since" ]
	# counts outlive it
	[ "$(metric policies_served_total)" -ge 1 ]
	metric_is 'hosts{certificate="missing"}' 1
	metric_is 'hosts{certificate="valid"}' 2
	echo 'workers: [' | replace "$CONF"
	wait_until 5 "a refusal" metric_is last_reload_successful 0
	metric_is 'faults{class="configuration"}' 1
	write a.example.com b.example.com c.example.com |
	    sed '/ c\.example/s/enforce/testing/; / a\.example/s/enforce/x/
	    / b\.example/s/604800/31557600/' | replace "$CONF"
	wait_until 5 "one that is kept" metric_is domains_kept 1
	metric_is last_reload_successful 1
	[ "$(metric 'faults{class="warning"}')" -ge 1 ]
	write d.example.com | replace "$CONF"
	wait_until 5 "the brake" metric_is domains_held_by_brake 3
	kill -USR1 "$MANAGER"
	wait_until 5 "the brake to be off" metric_is domains_held_by_brake 0
	[ $(($(date +%s) - $(metric last_reload_timestamp_seconds))) -lt 60 ]
	[ $(($(date +%s) - $(metric generation_start_time_seconds))) -lt 60 ]
	[ $(($(date +%s) - $(metric start_time_seconds))) -lt 300 ]
}

@test "a handover that fails is a fault, until one succeeds" {
	expect_log "$LOG_WORKER_DIED" "$LOG_HANDOVER_FAILED" \
	    '^error: admin process [0-9]+ was killed' # the midwife spares none
	echo pass >"$T/fate"
	start_seen "${TRACED[@]}" "$BIN/e2e/midwife" "$T/fate"
	metric_is 'faults{class="handover"}' 0
	echo kill >"$T/fate"
	write a.example.com b.example.com c.example.com | replace "$CONF"
	wait_until 20 "it to fail" metric_is 'faults{class="handover"}' 1
	metric_is last_reload_successful 0
	[ "$(ask /livez) $(ask /readyz)" = 'well well' ]
	echo pass >"$T/fate"
	reload
	wait_until 20 "it to succeed" metric_is 'faults{class="handover"}' 0
	metric_is last_reload_successful 1
}

@test "until when a certificate is good" {
	special_pair mta-sts.a.example.com DNS:mta-sts.a.example.com \
	    '1 hour ago' '3 days'
	special_pair mta-sts.b.example.com DNS:mta-sts.b.example.com \
	    '3 days ago' '1 day ago'
	rm -rf "${CERTS:?}"/private "${CERTS:?}"/ca.pem
	expect_log 'mta-sts.b.example.com.*expired|expired'
	start_seen
	local until
	until=$(metric 'certificate_expiry_timestamp_seconds{host="mta-sts.a.example.com"}')
	[ $((until - $(date +%s))) -gt $((2 * 86400)) ]
	[ $((until - $(date +%s))) -le $((3 * 86400)) ]
	until=$(metric 'certificate_expiry_timestamp_seconds{host="mta-sts.b.example.com"}')
	[ $((until - $(date +%s))) -lt 0 ]
	metric_is 'hosts{certificate="expired"}' 1
}

@test "runs of renew, by result" {
	beside_renew 'echo next 1'
	expect_log 'warning: mta-stsctl renew ended' 'error: mta-stsctl renew was'
	start_seen
	some() { # RESULT
		[ "$(metric "renewal_runs_total{result=\"$1\"}")" -ge 1 ]
	}
	wait_until 20 "a run that went well" some well
	renew_is 'echo next 1; exit 1'
	wait_until 30 "one with trouble" some trouble
	renew_is 'kill -9 $$'
	wait_until 30 "one that failed" some failed
}

@test "what a CA was shown" {
	beside_renew 'echo next 86400'
	start_seen
	ca() {
		sclient "$HOST" -alpn acme-tls/1 >/dev/null || true
	}
	moves 0 challenges_answered_total ca # none waits
	echo NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs \
	    >"$T/state/challenges/$HOST"
	moves 1 challenges_answered_total ca
}

@test "lines of the log that were dropped" {
	ACCESS=on
	write a.example.com b.example.com >"$CONF"
	mkfifo "$T/pipe"
	exec 7<>"$T/pipe"
	py fill <&7
	"$BIN/mta-stsd" -c "$CONF" >"$T/stdout" 2>"$T/pipe" 3>&- 7>&- &
	PID=$!
	MANAGER=$PID
	wait_until 10 "service" ask /livez
	[ "$(metric log_lines_dropped_total)" -ge 1 ]
	moves 1 log_lines_dropped_total fetch "$HOST"
	exec 7>&-
}

@test "unknown policy hosts are in status, the last hundred, each once" {
	start_seen
	hello --sni mta-sts.customer.example
	hello --sni www.customer.example
	hello --sni MTA-STS.Customer.Example
	wait_until 5 "it to be known" status_is '[s["host"] for s in
	    s["strangers"]] == ["mta-sts.customer.example"]'
	for n in $(seq 120); do
		hello --sni "mta-sts.d$n.example" >/dev/null
	done
	status_is 'len(s["strangers"]) == 100'
	status_is 's["strangers"][0]["at"] >= s["strangers"][-1]["at"] and
	    "mta-sts.d120.example" in [x["host"] for x in s["strangers"]] and
	    "mta-sts.customer.example" not in [x["host"] for x in s["strangers"]]'
	# once it is ours it is no stranger
	write a.example.com b.example.com d120.example | replace "$CONF"
	wait_until 5 "it to be configured" status_is '"mta-sts.d120.example" in
	    [h["host"] for h in s["hosts"]] and "mta-sts.d120.example" not in
	    [x["host"] for x in s["strangers"]]'
}

@test "what strangers send is in its quotes, or not there" {
	local sni
	start_seen
	for sni in 'mta-sts.\x1b[31m.example' 'mta-sts."}.example' \
	    'mta-sts.a\nb.example' 'mta-sts.\xff\xfe.example' \
	    'mta-sts.a\\.example' 'mta-sts.\x00.example' "mta-sts.'.example"; do
		hello --sni "$sni"
	done
	for agent in $'\x1b[31m' '"}' $'\xff\xfe'; do
		fetch "$HOST" "$PATH_OF_POLICY" -A "$agent" >/dev/null || true
	done
	fetch "$HOST" "/\"}%0a" >/dev/null || true
	plain "GET / HTTP/1.1\r\nHost: \x1b[31m\"}\r\n\r\n"
	ask /metrics >"$T/metrics"
	ask /status >"$T/status"
	refute grep -qP '[^\x20-\x7e]' "$T/metrics"
	refute grep -qP '[^\x20-\x7e]' "$T/status"
	refute grep -qF '31m' "$T/metrics" "$T/status"
	status_is 's["strangers"] == []'
	metric_is 'handshakes_refused_total{reason="bad_name"}' 7
}

@test "a file's name of any bytes is in its quotes" {
	local odd=$T/conf/$'a"},\n\x1b[31m\\\xff.yaml'
	mv "$CONF" "$odd"
	CONF=$odd start_seen
	ask /status >"$T/status"
	refute grep -qP '[^\x20-\x7e\n]' "$T/status"
	status_is 's["configuration"].endswith("""/a"},\n\x1b[31m\\\xff.yaml""")'
}
