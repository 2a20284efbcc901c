# SPDX-License-Identifier: ISC
# More connections than anybody needs, and slower ones: the workers' memory
# stays below its bound, and an honest client is served within a second.

load lib

# A worker's bound: connections times what one takes at most (OpenSSL's 46 KiB
# and our own 16), the cache of pairs and 16 MiB for itself.
bound() {
	echo $((2 * (CONNECTIONS * 62 + (64 + 16) * 1024))) # KiB, of two
}

prepare() {
	CONNECTIONS=$(size 8192 16000) # one worker might be given all of them
	BOUND=$(bound)
	LIMITS="connections: $CONNECTIONS, per_address: 64, handshake: 5s, head: 5s, answer: 5s, total: 12s"
	everything
	expect_log '^warning: .*(connections|per_address|address|limit)'
}

# rate: of those that cost a handshake each, in a second. More than that is
# asked of a machine that has nothing else to do.
rate() {
	size 300 100000
}

# honest_ms: how long one honest fetch took.
honest_ms() {
	local began=$EPOCHREALTIME
	fetch mta-sts.example.com /.well-known/mta-sts.txt --interface 127.3.0.1 \
	    --max-time $((10 * SLOW)) | cmp - "$T/policy" || return
	echo $(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
}

# flooded WAY COUNT [RATE]: honest clients all the while, then the memory. What
# else runs on the machine has its part of it too: so it is half of the clients
# that must be served within a second.
flooded() {
	local most=0 now end took=()
	start_attacked
	strike_behind "$T/flood" flood "$1" "$ADDR" "$PORT" "$CA" \
	    mta-sts.example.com "$2" "${3:-100000}" "$(size 8 30)"
	end=$!
	wait_until 20 "the flood" grep -q begun "$T/flood"
	until gone "$end"; do
		took+=("$(honest_ms)") || fail "an honest client is not served"
		now=$(memory)
		most=$((now > most ? now : most))
	done
	wait "$end" || fail "$(cat "$T/flood")"
	cat "$T/flood"
	mapfile -t took < <(printf '%s\n' "${took[@]}" | sort -n)
	echo "honest: ${#took[@]}, half of them in ${took[${#took[@]} / 2]} ms," \
	    "all in ${took[-1]} ms"
	((took[${#took[@]} / 2] < 1000 * SLOW)) || fail "honest clients are not \
served within a second"
	echo "memory: $most KiB at most, bound $BOUND"
	sanitized || ((most < BOUND)) || fail "above the bound"
	unharmed
}

@test "thousands of connections from 200 addresses" {
	flooded hold "$(size 6000 15000)"
}

@test "half-open handshakes" {
	flooded half "$(size 2000 6000)" "$(rate)"
}

@test "a storm of resets" {
	flooded resets 1 "$(rate)"
}

@test "readers that never read" {
	flooded unread "$(size 200 1000)"
}

# slowhttptest itself speaks TLS without SNI, which gets nowhere: so `plain`,
# where it gets as far as it can.
slowly() {
	local end
	slowhttptest -c 300 -r 200 -l "$(size 8 30)" -p 5 \
	    -u "http://$ADDR:8081/.well-known/mta-sts.txt" "$@" \
	    </dev/null >"$T/slow" 2>&1 3>&- &
	end=$!
	HELPERS+=("$end")
	until gone "$end"; do
		honest 1
	done
	wait "$end" || fail "slowhttptest: $(tail -n 20 "$T/slow")"
	sed 's/\x1b\[[0-9;]*m//g' "$T/slow" |
	    grep -aE '^(closed|connected|Exit status):' | tail -n 3
}

@test "slowhttptest: slow heads, bodies, ranges and readers" {
	start_attacked
	slowly -H -i 1
	slowly -B -i 1 -t POST -s 8192
	slowly -R -a 10 -b 3000
	slowly -X -w 1 -y 8 -n 1 -z 1 -k 3
	unharmed
}
