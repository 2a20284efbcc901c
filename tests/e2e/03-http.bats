# SPDX-License-Identifier: ISC
# The wire, byte by byte (RULES P): the cases stand in http.table and
# proxy.table. No exchange outlives its deadline, no answer has two headers.

load lib

prepare() {
	ACCESS=on
	LISTEN="http: \"$ADDR:8080\", plain: \"$ADDR:8081\""
	LIMITS='per_address: off, handshake: 4s, head: 2s, answer: 4s, total: 6s'
	SETTINGS='acme: { agree_to_terms: true, redirect: "http://vps1.example.net" }'
	write
	selfsign
	policy enforce 604800 mail.example.com >"$T/policy"
}

write() {
	conf >"$CONF" <<-END
		host: policies.example.net
		domains:
		$(domain example.com enforce 604800 mail.example.com)
		$(domain other.example.net enforce 604800 mail.example.net)
	END
}

exchange() {
	py exchange "$1" --address "$ADDR" --ca "$CA" --policy "$T/policy" \
	    --log "$LOG" "${@:2}"
}

@test "the table of raw exchanges" {
	start_daemon
	exchange "$HERE/http.table" --https "$PORT" --plain 8081 --http 8080
}

@test "rfc9112_p1 a NUL, bare CR or bare LF at every place of a head" {
	start_daemon
	exchange :mutations --https "$PORT" --plain 8081 --http 8080
}

@test "a head cut in two at every place" {
	start_daemon
	exchange :cuts --https "$PORT"
}

@test "PROXY v1 and v2 and X-Forwarded-For, believed and not" {
	LISTEN="$LISTEN, proxies: [127.0.0.1]"
	write
	start_daemon
	exchange "$HERE/proxy.table" --https "$PORT" --plain 8081
}
