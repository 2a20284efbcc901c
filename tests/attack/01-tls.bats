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
