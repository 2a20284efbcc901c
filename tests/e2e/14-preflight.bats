# SPDX-License-Identifier: ISC
# The pre-flight: does a name reach us, as a CA would ask (RULES A6)? In a
# network of its own, with a resolver and servers that behave as they are told.

load lib

DIRECTORY=http://127.0.0.99/directory

# in_world SECONDS TABLE COMMAND...
in_world() {
	local limit=$1 table=$2
	shift 2
	timeout -k 5 $((limit * SLOW)) unshare --net --pid --fork \
	    --mount-proc --kill-child "$HERE/world" "$table" "$T/world" "$@" 3>&-
}

# preflight SECONDS TABLE HOST...: what it says, in $T/said.
preflight() {
	local limit=$1 table=$2
	shift 2
	in_world "$limit" "$table" bash -c "${BEFORE:-\"\$@\"}" - \
	    "$BIN/e2e/preflight" "${RESOLVER:-127.0.0.1}" \
	    "${CHALLENGES:-$T/world/challenges}" "$DIRECTORY" "$@" >"$T/said" 2>"$T/err" || {
		cat "$T/err"
		fail "the pre-flight failed, or took above $limit s"
	}
	! grep -E "$LOG_CRASH" "$T/err" || fail "it crashed"
	[ -z "$(ls -A "$T/world/challenges")" ] ||
	    fail "left: $(ls -A "$T/world/challenges")"
}

asked() {
	grep -c "$1" "$T/world/requests" || true
}

says() {
	diff - "$T/said"
}

@test "the table of names" {
	local names
	# Whatever the environment says, addresses are asked, and no proxy.
	export http_proxy=http://127.0.0.88:1 https_proxy=http://127.0.0.88:1
	export no_proxy=127.0.0.99
	mapfile -t names < <(grep -v '^[#@	]' "$HERE/preflight.table" |
	    grep . | cut -d' ' -f1)
	preflight 60 "$HERE/preflight.table" "${names[@]}"
	grep -v '^[#@	]' "$HERE/preflight.table" | grep . | says
	# As each ends it is told, and the CA is asked who it is once.
	[ "$(grep -c '^done' "$T/err")" = ${#names[@]} ]
	[ "$(asked '^directory')" = 1 ]
}

@test "a CA is not asked who it is where no CAA record names one" {
	preflight 30 "$HERE/preflight.table" good.example.com \
	    a.caa-none.example a.caa-iodef.example a.caa-critical.example
	[ "$(asked '^directory')" = 0 ]
	[ "$(asked '^good')" = 4 ]
}

@test "nothing is asked of a CA's directory that does not answer twice" {
	DIRECTORY=http://127.0.0.98/directory
	preflight 30 "$HERE/preflight.table" a.caa-yes.example \
	    a.caa-no.example a.caa-none.example good.example.com
	says <<-END
		a.caa-yes.example none: CAA of caa-yes.example cannot be judged: the CA's directory: connection refused
		a.caa-no.example none: CAA of caa-no.example cannot be judged: the CA's directory: connection refused
		a.caa-none.example none: CAA of caa-none.example does not allow any CA
		good.example.com http-01 tls-alpn-01: 
	END
}

@test "the system's resolver" {
	RESOLVER=-
	preflight 30 "$HERE/preflight.table" good.example.com absent.example.com
	says <<-END
		good.example.com http-01 tls-alpn-01: 
		absent.example.com none: no such name
	END
}

@test "a resolver that never answers, and one that is not there" {
	local start=$SECONDS
	printf '\t* SILENT\n@ 127.0.0.2 good good\n' >"$T/table"
	preflight 30 "$T/table" a.example.com b.example.com c.example.net
	says <<-END
		a.example.com none: DNS: no answer in time
		b.example.com none: DNS: no answer in time
		c.example.net none: DNS: no answer in time
	END
	RESOLVER=127.0.0.55
	preflight 30 "$T/table" a.example.com
	grep -q '^a.example.com none: DNS: ' "$T/said"
	((SECONDS - start < 30 * SLOW))
}

@test "many at once, a third of them dead ends, hold up nobody" {
	local i names=() start=$SECONDS
	{
		echo '@ 127.0.0.2 good good'
		echo '@ 127.0.0.3 silent silent'
		for i in {1..64}; do
			names+=("h$i.example.com")
			case $((i % 6)) in
			0) printf '\th%d.example.com SILENT\n' "$i" ;;
			3) printf '\th%d.example.com A 127.0.0.3\n' "$i" ;;
			*) printf '\th%d.example.com A 127.0.0.2\n' "$i" ;;
			esac
		done
	} >"$T/table"
	preflight 60 "$T/table" "${names[@]}"
	((SECONDS - start < 45 * SLOW))
	[ "$(grep -c ' http-01 tls-alpn-01: $' "$T/said")" = 43 ]
	[ "$(grep -c 'none: DNS: no answer in time$' "$T/said")" = 10 ]
	[ "$(grep -c 'none: ports 80 and 443 of' "$T/said")" = 11 ]
}

@test "it ends at once when it is told to" {
	local start=$SECONDS
	export STOP_AFTER_MS=2000
	preflight 30 "$HERE/preflight.table" silent.example.com full.example.com \
	    mute.example.com drip.example.com
	((SECONDS - start < 7 * SLOW))
	says <<-END
		silent.example.com none: stopped
		full.example.com none: stopped
		mute.example.com none: stopped
		drip.example.com none: stopped
	END
}

@test "no directory for challenges: no type passes, in words" {
	CHALLENGES=$T/nowhere
	preflight 30 "$HERE/preflight.table" good.example.com
	grep -q "^good.example.com none: .*$T/nowhere" "$T/said"
	[ "$(asked '^good')" = 0 ]
}

# node NAME ADDRESS ACME DOMAIN...: a daemon's files, and a mta-stsctl beside it
# that orders nothing.
node() {
	local dir=$T/$1 address=$2 acme=$3
	shift 3
	mkdir -p "$dir/bin" "$dir/state/certs"
	cp "$BIN/mta-stsd" "$dir/bin"
	printf '#!/bin/sh\necho next 86400\n' >"$dir/bin/mta-stsctl"
	chmod +x "$dir/bin/mta-stsctl"
	cat >"$dir/mta-stsd.yaml" <<-END
		listen: { https: "$address:443", http: "$address:80", admin: off }
		user: root
		workers: 1
		state: $dir/state
		acme: { $acme }
		domains:
		$(entries 604800 "$@")
	END
}

# run_nodes COMMAND...: in the world, beside both daemons.
run_nodes() {
	local name
	for name in one two; do
		"$T/$name/bin/mta-stsd" -c "$T/$name/mta-stsd.yaml" \
		    >"$T/$name/log" 2>&1 &
		wait_until 20 "node $name" grep -qE "$LOG_SERVING" "$T/$name/log"
	done
	"$@"
}

@test "our own daemon, and one that sends challenges to it" {
	node one 127.0.7.1 'agree_to_terms: true' example.com example.org
	node two 127.0.7.2 'redirect: "http://vps1.example.net"' example.com \
	    example.org
	{
		echo '@ 127.0.0.99 directory -'
		printf '\t%s\n' 'vps1.example.net A 127.0.7.1' \
		    'mta-sts.example.com A 127.0.7.1' \
		    'mta-sts.example.org CNAME vps2.example.net' \
		    'vps2.example.net A 127.0.7.2' \
		    'stranger.example.net A 127.0.7.1'
	} >"$T/table"
	CHALLENGES=$T/one/state/challenges
	export -f run_nodes wait_until
	export T LOG_SERVING SLOW
	BEFORE='run_nodes "$@"'
	preflight 40 "$T/table" mta-sts.example.com mta-sts.example.org \
	    stranger.example.net
	says <<-END || fail "$(cat "$T/one/log" "$T/two/log")"
		mta-sts.example.com http-01 tls-alpn-01: 
		mta-sts.example.org http-01: port 443 of 127.0.7.2: another server answered
		stranger.example.net http-01: port 443 of 127.0.7.1: another server answered
	END
	[ -z "$(ls -A "$CHALLENGES")" ]
	refute grep -E "$LOG_CRASH" "$T/one/log" "$T/two/log"
}
