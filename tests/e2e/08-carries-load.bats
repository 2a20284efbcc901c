# SPDX-License-Identifier: ISC
# Many clients, slow clients, too many clients: whoever behaves is served.

load lib

prepare() {
	NAMES=(a.example.com b.example.com)
}

write() {
	conf >"$CONF" <<-END
		domains:
		$(entries 604800 "${NAMES[@]}")
	END
}

@test "10,000 fetches over 500 domains by 32 clients, no failure" {
	mapfile -t NAMES < <(many 500)
	write
	selfsign
	bodies "$T/1" 604800 "${NAMES[@]}"
	start_daemon
	run_load -n "${E2E_FETCHES:-10000}" -c 32 -d 10000 -m "$T/1"
}

@test "300 slow connections end at their deadlines, another is served within 1 s" {
	LIMITS='handshake: 2s, head: 3s, total: 8s'
	write
	selfsign
	bodies "$T/1" 604800 "${NAMES[@]}"
	start_daemon
	start_load -c 1 -d 1000 -s 127.0.2.1 "$T/1"
	py slow "$ADDR" "$PORT" "$CA" mta-sts.a.example.com 300 2 3
	end_load
	cat "$T/load.out"
}

# cpu PID...: their processor time so far, in hundredths of a second.
cpu() {
	local pid sum=0 stat
	for pid; do
		stat=$(cat "/proc/$pid/stat") || continue
		stat=${stat##*) }
		# shellcheck disable=SC2086 # fields
		set -- $stat
		sum=$((sum + ${12} + ${13}))
	done
	echo "$sum"
}

# In two seconds of exhaustion: at most a quarter of one processor.
idles() {
	local before after
	# shellcheck disable=SC2046 # a list of ids
	before=$(cpu "$MANAGER" $(workers))
	sleep 2 # the length of the measurement
	# shellcheck disable=SC2046
	after=$(cpu "$MANAGER" $(workers))
	[ $((after - before)) -le 50 ] ||
	    fail "$((after - before)) hundredths of a second in two seconds"
}

start_crowd() {
	py_behind "$T/crowd" crowd "$@" hold
	CROWD=$!
	wait_until 20 "the crowd" grep -q holding "$T/crowd"
}

@test "descriptors few from the start: no spinning, and service comes back" {
	WORKERS=1
	LIMITS='per_address: off, handshake: 60s, total: 90s'
	write
	selfsign
	expect_log '^warning: .*(descriptor|connections|nofile|limit)'
	start_daemon prlimit --nofile=64
	start_crowd to "$ADDR" "$PORT" open 127.0.0.2 100 -
	idles
	kill "$CROWD"
	wait_until 5 "service to come back" \
	    serves_age 604800 "${NAMES[@]}"
}

@test "descriptors exhausted behind its back: no spinning, and service comes back" {
	local worker
	WORKERS=1
	LIMITS='per_address: off, handshake: 60s, total: 90s'
	write
	selfsign
	expect_log '^(warning|error): .*(descriptor|accept|files)'
	start_daemon
	serves_age 604800 "${NAMES[@]}"
	worker=$(workers)
	prlimit --pid "$worker" --nofile=24:24
	start_crowd to "$ADDR" "$PORT" open 127.0.0.2 60 -
	idles
	kill "$CROWD"
	wait_until 5 "service to come back" serves_age 604800 "${NAMES[@]}"
	[ "$(workers)" = "$worker" ]
}

@test "connections over the limit are closed before TLS, and service comes back" {
	WORKERS=1
	LIMITS='connections: 20, per_address: off, handshake: 60s, total: 90s'
	write
	selfsign
	expect_log '^warning: .*(connections|limit)'
	start_daemon
	start_crowd to "$ADDR" "$PORT" open 127.0.0.2 40 20
	refute fetch mta-sts.a.example.com
	idles
	kill "$CROWD"
	wait_until 5 "service to come back" serves_age 604800 "${NAMES[@]}"
}

@test "per_address counts an IPv4 address, and no longer what has ended" {
	WORKERS=1
	LIMITS='per_address: 4, handshake: 60s, total: 90s'
	write
	selfsign
	expect_log '^warning: .*(per_address|address)'
	start_daemon
	py crowd to "$ADDR" "$PORT" open 127.0.0.2 7 4 open 127.0.0.3 4 4 \
	    open 127.0.0.3 2 0 close 127.0.0.2 open 127.0.0.2 5 4
	fetch mta-sts.a.example.com >/dev/null
}

# A network of its own, with addresses; its commands by "${WITHIN[@]}".
own_network() {
	unshare -rn true 2>"$T/why" ||
	    skip "no network namespaces here: $(cat "$T/why")"
	unshare -rn sleep 300 3>&- &
	HELPERS+=($!)
	wait_until 5 "the network" grep -qx sleep "/proc/$!/comm"
	WITHIN=(nsenter -t $! -U -n --preserve-credentials)
	"${WITHIN[@]}" ip link set lo up
	local address
	for address in fd00:1::1/64 fd00:1::2/64 fd00:1:0:1::1/64; do
		"${WITHIN[@]}" ip -6 address add "$address" dev lo nodad
	done
}

@test "per_address counts ::ffff: as IPv4, and an IPv6 /64 as one" {
	own_network
	WORKERS=1
	write
	sed -i 's|^listen:.*|listen: { https: ["[::]:8443", "127.0.0.1:9443"], admin: off }|
	    s|^limits:.*|limits: { per_address: 4, handshake: 60s, total: 90s }|' \
	    "$CONF"
	selfsign
	expect_log '^warning: .*(per_address|address)'
	start_daemon "${WITHIN[@]}"
	crowd_within to 127.0.0.1 8443 open 127.0.0.2 3 3 \
	    to 127.0.0.1 9443 open 127.0.0.2 3 1 \
	    to 127.0.0.1 8443 open 127.0.0.2 1 0 open 127.0.0.3 1 1 \
	    to ::1 8443 open fd00:1::1 3 3 open fd00:1::2 3 1 \
	    open fd00:1::1 1 0 open fd00:1:0:1::1 5 4 open ::1 5 4
}

crowd_within() {
	"${WITHIN[@]}" python3 "$HERE/crowd.py" "$@"
}

@test "per_address counts the peer behind a proxy, and never the proxy" {
	WORKERS=1
	LIMITS='per_address: 4, handshake: 60s, head: 60s, total: 90s'
	LISTEN='proxies: [127.0.0.1]'
	write
	selfsign
	expect_log '^warning: .*(per_address|address)'
	start_daemon
	py crowd to "$ADDR" "$PORT" \
	    proxied 192.0.2.1 open 127.0.0.1 6 4 \
	    proxied 192.0.2.2 open 127.0.0.1 6 4 \
	    proxied 2001:db8::1 open 127.0.0.1 3 3 \
	    proxied 2001:db8::2 open 127.0.0.1 3 1
}

@test "standard error is a full pipe: service goes on, what was lost is counted" {
	ACCESS=on
	write
	selfsign
	bodies "$T/1" 604800 "${NAMES[@]}"
	mkfifo "$T/pipe"
	exec 7<>"$T/pipe"
	py fill <&7
	"$BIN/mta-stsd" -c "$CONF" >"$T/stdout" 2>"$T/pipe" 3>&- 7>&- &
	PID=$!
	MANAGER=$PID
	wait_until 10 "service" serves_age 604800 "${NAMES[@]}"
	run_load -n 500 -c 8 "$T/1"
	entries 604801 "${NAMES[@]}" | {
		conf <<<"domains:"
		cat
	} | replace "$CONF"
	reload
	wait_until 10 "a reload" serves_age 604801 "${NAMES[@]}"
	# the reader comes back: what it hears next begins with the count
	cat <&7 >"$LOG" 3>&- &
	HELPERS+=($!)
	wait_until 10 "the pipe to be read" test -s "$LOG"
	heard_count() {
		fetch mta-sts.a.example.com && log_has '[0-9]+ .*(lost|dropped)'
	}
	expect_log '^warning: [0-9]+ '
	wait_until 10 "the count of what was lost" heard_count
	exec 7>&-
}
