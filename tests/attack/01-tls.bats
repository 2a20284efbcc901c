# SPDX-License-Identifier: ISC
# TLS as an attacker speaks it: cut, dripped, mutated, flooded. Nothing of it
# costs a worker, nor an honest client its second.

load lib

prepare() {
	LIMITS='per_address: off, handshake: 3s, head: 3s, answer: 4s, total: 8s'
	everything
}

hellos() {
	strike hellos "$1" "$ADDR" "$PORT" mta-sts.example.com "${@:2}"
}

@test "a ClientHello cut off at every byte" {
	start_attacked
	hellos cuts
	unharmed
}

@test "a ClientHello and a head at a byte a second end at their deadlines" {
	start_attacked
	py slow "$ADDR" "$PORT" "$CA" mta-sts.example.com 40 3 3
	unharmed
}

@test "records of one byte, empty ones, warnings without end" {
	start_attacked
	hellos small
	unharmed
}

@test "64 KiB of extensions, of names, of protocols" {
	start_attacked
	hellos large
	unharmed
}

@test "rfc8461_h11 tickets and keys that nobody gave out resume nothing" {
	start_attacked
	hellos resumed
	unharmed
}

@test "mutated records" {
	start_attacked
	hellos mutated "${MTA_STSD_MUTATIONS:-$(size 3000 20000)}"
	unharmed
}

keyed() {
	strike libssl "$1" "$ADDR" "$PORT" mta-sts.example.com \
	    mta-sts.other.example.net
}

# Each of the six is read by nobody, and each asks for an answer.
@test "a flood of KeyUpdate: others are served, and nothing piles up" {
	local before n
	start_attacked
	honest 8
	before=$(memory)
	for n in {1..6}; do
		strike_behind "$T/flood$n" libssl updates "$ADDR" "$PORT" \
		    mta-sts.example.com mta-sts.other.example.net
	done
	honest 100
	for n in {1..6}; do
		wait "${HELPERS[n - 1]}"
		cat "$T/flood$n"
	done
	grown_less "$before" 4096
	unharmed
}

@test "rfc8461_h11 renegotiation is refused a hundred times" {
	start_attacked
	keyed renegotiations
	unharmed
}

@test "rfc8461_h11 no session is resumed, under its own or another name" {
	start_attacked
	keyed resumptions
	unharmed
}

# What sslscan may say of each kind of line; any other words are a finding.
@test "sslscan sees what RFC 9325 asks for, and nothing else" {
	local suites='TLS_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)'
	suites+='|ECDHE-ECDSA-(AES128-GCM-SHA256|AES256-GCM-SHA384|CHACHA20-POLY1305)'
	start_attacked
	sslscan --no-colour --sni-name=mta-sts.example.com "$ADDR:$PORT" \
	    </dev/null >"$T/scan" 2>&1
	[ "$(grep -cE '^(SSLv[23]|TLSv1\.[01]) +disabled$' "$T/scan")" = 4 ]
	[ "$(grep -cE '^TLSv1\.[23] +enabled$' "$T/scan")" = 2 ]
	grep -q '^Session renegotiation not supported' "$T/scan"
	[ "$(grep -c '^TLSv1.* not vulnerable to heartbleed' "$T/scan")" = 2 ]
	[ "$(grep -cE '^(Preferred|Accepted) ' "$T/scan")" -ge 6 ]
	grep -E '^(Preferred|Accepted) ' "$T/scan" >"$T/suites"
	refute grep -vE " ($suites) " "$T/suites"
	unharmed
}

# It takes most of a minute. What it says that is neither OK nor information
# stands here with its answer.
@test "testssl finds nothing" {
	local answered=(
		engine_problem  # of the openssl that it uses
		cert_revocation # the throw-away CA names no list; a CA's matter
		HSTS            # no browser comes here, and senders ignore it
		secure_renego   # it asks by renegotiating, which nobody may
	)
	is_long || skip "with ATTACK=long"
	start_attacked
	(
		cd "$T"
		testssl -p -P -S -U -h --quiet --color 0 --warnings off \
		    --ip "$ADDR" --nodns min --add-ca "$CA" \
		    --jsonfile "$T/scan.json" \
		    "https://mta-sts.example.com:$PORT" \
		    </dev/null >"$T/scan" 2>&1 || true # counts what it found
	)
	strike findings "$T/scan.json" "${answered[@]}"
	unharmed
}
