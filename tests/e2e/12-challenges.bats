# SPDX-License-Identifier: ISC
# What answers a CA: files below state/challenges, on port 80 and in TLS. The
# daemon runs beside a mta-stsctl that orders nothing.

load lib

TOKEN=-vaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr_oA
THUMB=NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
# what THUMB is in hexadecimal
DIGEST=3736cbb1787cb8309c77ee8c3705c5e16ffb9e859715901f1e4c59b11182f57b
HOST=mta-sts.example.com
BARE=mta-sts.bare.example.net

prepare() {
	ACCESS=on
	LISTEN="http: \"$ADDR:8080\""
	ACME="acme: { agree_to_terms: true, directory: 'https://$ADDR:1/' }"
	WAITING=$T/state/challenges
	write
	selfsign
	rm -r "${CERTS:?}/$BARE" "$CERTS/private/$BARE"
	mkdir "$T/bin"
	cp "$BIN/mta-stsd" "$T/bin"
	printf '#!/bin/sh\necho next 86400\n' >"$T/bin/mta-stsctl"
	chmod +x "$T/bin/mta-stsctl"
	BIN=$T/bin
}

write() {
	SETTINGS=$ACME
	conf <<-END | replace "$CONF"
		host: policies.example.net
		domains:
		$(entries 604800 example.com other.example.net bare.example.net)
	END
}

# wait_for NAME TEXT: a challenge waits, as the hook would leave it.
wait_for() {
	printf '%s\n' "$2" >"$WAITING/.temp"
	mv -fT "$WAITING/.temp" "$WAITING/$1"
}

# asked PATH [CURL OPTIONS...]: the status; the body is in $T/body.
asked() {
	local path=$1
	shift
	curl -s --max-time 10 --noproxy '*' --path-as-is -o "$T/body" \
	    -w '%{http_code}' "$@" "http://$ADDR:8080$path"
}

# gives STATUS TOKEN [CURL OPTIONS...]: on the path of challenges.
gives() {
	local wanted=$1 got
	got=$(asked "/.well-known/acme-challenge/$2" "${@:3}") || true
	[ "$got" = "$wanted" ] || fail "$2: $got, not $wanted"
}

# ca NAME [OPTIONS...]: as a CA asks by tls-alpn-01; and it asks by HTTP too.
ca() {
	sclient "$1" -alpn acme-tls/1 -msg "${@:2}" >"$T/ca.out" || true
}

# shown: is what it was shown the certificate of this challenge, and nothing
# said after it?
shown() {
	local der
	pem_lines "$T/ca.out" >"$T/shown"
	[ "$(wc -l <"$T/shown")" = 1 ] || fail "$(cat "$T/ca.out")"
	base64 -d "$T/shown" >"$T/shown.der"
	grep -q 'ALPN protocol: acme-tls/1' "$T/ca.out"
	grep -q '<<< .*Alert.* close_notify' "$T/ca.out"
	refute grep -aE 'HTTP/1|version:' "$T/ca.out"
	# exactly one name
	openssl x509 -inform DER -in "$T/shown.der" -noout -checkend 3600 \
	    >/dev/null
	[ "$(openssl x509 -inform DER -in "$T/shown.der" -noout \
	    -ext subjectAltName | sed 1d)" = "    DNS:$1" ]
	# the extension whole: id, critical, an OCTET STRING in its value
	der=$(od -An -v -tx1 "$T/shown.der" | tr -d ' \n')
	[[ $der == *06082b0601050507011f0101ff04220420$2* ]]
}

# The watch may be as fast as a signal would be.
rewrite() {
	local before
	before=$(generations)
	write
	wait_generation "$before"
}

@test "the directory is made for its user alone, where we answer ourselves" {
	start_daemon
	[ "$(stat -c %a "$WAITING")" = 700 ]
	wait_for "$TOKEN" "$TOKEN.$THUMB"
	# a hand-over and a restart leave it as it is
	ACME=${ACME/true/true, retry: 1m}
	rewrite
	gives 200 "$TOKEN"
	stop_daemon
	start_daemon
	gives 200 "$TOKEN"
	# taken away by a hand it comes back with the next generation
	rm -r "$WAITING"
	gives 404 "$TOKEN"
	ACME=${ACME/1m/2m}
	rewrite
	wait_for "$TOKEN" "$TOKEN.$THUMB"
	gives 200 "$TOKEN"
}

@test "without acme, or where others answer, none is made and none answered" {
	expect_log 'warning: mta-sts\.bare\.example\.net: no certificate; it'
	for ACME in "acme: off" \
	    "acme: { redirect: 'http://vps1.example.net' }" \
	    "acme: { agree_to_terms: true, hook: /bin/false }"; do
		rm -rf "$WAITING"
		write
		start_daemon
		[ ! -e "$WAITING" ]
		stop_daemon
		# nor is it read if it is there
		mkdir "$WAITING"
		wait_for "$TOKEN" "$TOKEN.$THUMB"
		wait_for "$HOST" "$THUMB"
		start_daemon
		answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1
		if [[ $ACME == *redirect* ]]; then
			gives 302 "$TOKEN" -H "Host: $HOST"
			gives 404 "$TOKEN"
		fi
		stop_daemon
	done
}

@test "rfc8555_8_3 http-01: the key authorization, to whoever asks for it" {
	local name
	start_daemon
	wait_for "$TOKEN" "$TOKEN.$THUMB"
	for name in "$HOST" MTA-STS.Example.COM. "$BARE" \
	    policies.example.net vps2.example.org "$ADDR"; do
		gives 200 "$TOKEN" -H "Host: $name"
		[ "$(cat "$T/body")" = "$TOKEN.$THUMB" ]
		[ "$(stat -c %s "$T/body")" = 87 ]
	done
	gives 200 "$TOKEN" -I
	grep -qi '^content-length: 87' "$T/body"
	grep -qi '^content-type: text/plain' "$T/body"
	gives 405 "$TOKEN" -X POST
	gives 404 never -X POST
	gives 404 "$TOKEN" -0 -H 'Host:'
	# not elsewhere, and nothing else here
	fetch "$HOST" "/.well-known/acme-challenge/$TOKEN" >"$T/body" || true
	refute grep "$THUMB" "$T/body"
	[ "$(asked /.well-known/mta-sts.txt -H "Host: $HOST")" = 404 ]
	# taken away it is gone at once
	rm -- "$WAITING/$TOKEN"
	gives 404 "$TOKEN"
	wait_log 'fetch host=mta-sts\.bare\.example\.net .* status=200 GET'
}

@test "a1 a token that was never provisioned is 404, whatever it tries" {
	local name
	mkdir -p "$WAITING"
	wait_for "$TOKEN" "$TOKEN.$THUMB"
	wait_for "$HOST" "$THUMB"
	printf '%s' "$THUMB" >"$T/state/secret.example"
	printf '%s' "secret.$THUMB" >"$T/state/secret"
	printf '%s' "$THUMB" >"$WAITING/.hidden.example"
	start_daemon
	for name in never "${TOKEN}a" "${TOKEN%A}" "" . .. ./"$TOKEN" \
	    ../secret ../secret.example ..%2fsecret "%2e%2e/secret" \
	    ../challenges/"$TOKEN" "$T/state/secret" /"$TOKEN" "$TOKEN/" \
	    "$TOKEN%00" "$TOKEN%0a" "$TOKEN?" "$TOKEN?x" "$TOKEN.$THUMB" \
	    "$HOST" .hidden.example ".hidden" '*' "${TOKEN/-/%2d}" \
	    ../../../../../../etc/hostname "$(printf 'a%.0s' {1..129})" \
	    "$(printf 'a%.0s' {1..3000})"; do
		gives 404 "$name"
		refute grep "$THUMB" "$T/body"
	done
	gives 200 "$TOKEN"
}

@test "a7 what is old, a link, no file, or half written counts for nothing" {
	start_daemon
	wait_for "$TOKEN" "$TOKEN.$THUMB"
	wait_for "$HOST" "$THUMB"
	touch -d '59 minutes ago' "$WAITING/$TOKEN" "$WAITING/$HOST"
	gives 200 "$TOKEN"
	answers 'hello 1.3' --sni "$HOST" --alpn acme-tls/1
	touch -d '61 minutes ago' "$WAITING/$TOKEN" "$WAITING/$HOST"
	gives 404 "$TOKEN"
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1
	# links
	mv -- "$WAITING/$TOKEN" "$WAITING/.token"
	mv "$WAITING/$HOST" "$WAITING/.host"
	touch "$WAITING/.token" "$WAITING/.host"
	ln -s .token "$WAITING/$TOKEN"
	ln -s "$WAITING/.host" "$WAITING/$HOST"
	gives 404 "$TOKEN"
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1
	# a fifo that nobody writes holds nobody up; a directory
	rm -- "$WAITING/$TOKEN" "$WAITING/$HOST"
	mkfifo "$WAITING/$HOST" "$WAITING/fifo"
	mkdir -- "$WAITING/$TOKEN"
	gives 404 fifo
	gives 404 "$TOKEN"
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1
	rm -r -- "${WAITING:?}/$TOKEN" "${WAITING:?}/$HOST"
	# half written, or with something behind it
	printf '%s.%.20s' "$TOKEN" "$THUMB" >"$WAITING/$TOKEN"
	printf '%.42s' "$THUMB" >"$WAITING/$HOST"
	gives 404 "$TOKEN"
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1
	printf '%s.%s%s' "$TOKEN" "$THUMB" x >"$WAITING/$TOKEN"
	printf '%s\n\n' "$THUMB" >"$WAITING/$HOST"
	gives 404 "$TOKEN"
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1
	: >"$WAITING/$TOKEN"
	: >"$WAITING/$HOST"
	gives 404 "$TOKEN"
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1
	serves_age 604800 example.com
}

@test "a2_rfc8737 a CA is shown the challenge, and no HTTP is answered" {
	local name version
	start_daemon
	wait_for "$HOST" "$THUMB"
	wait_for "$BARE" "$THUMB"
	for name in "$HOST" "$BARE"; do
		for version in tls1_2 tls1_3; do
			ca "$name" "-$version"
			shown "$name" "$DIGEST"
		done
	done
	# another digest is another certificate
	wait_for "$HOST" "${THUMB/N/O}"
	ca MTA-STS.EXAMPLE.COM
	shown "$HOST" "3b${DIGEST#37}"
	wait_log "info: challenge answered host=$BARE peer=[0-9.]+ .*: tls-alpn-01"
	# it came in time, and was taken away in time
	rm "$WAITING/$HOST"
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1
	wait_log 'handshake refused .*: no challenge waits'
}

@test "a2 nobody else is ever shown it" {
	local leaf version
	start_daemon
	leaf=$(chain_shown "$HOST" | head -n 1)
	wait_for "$HOST" "$THUMB"
	wait_for "$BARE" "$THUMB"
	wait_for mta-sts.stranger.example "$THUMB"
	serves_age 604800 example.com
	for version in tls1_2 tls1_3; do
		for alpn in '' http/1.1 acme-tls/1,http/1.1 \
		    http/1.1,acme-tls/1 h2,acme-tls/1,http/1.1; do
			sclient "$HOST" "-$version" ${alpn:+-alpn "$alpn"} \
			    -showcerts >"$T/out"
			[ "$(pem_lines "$T/out" | head -n 1)" = "$leaf" ]
			grep -q 'HTTP/1.1 200' "$T/out"
			refute grep 'ALPN protocol: acme' "$T/out"
		done
	done
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1 --alpn h2
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1 --alpn acme-tls/1
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/2
	# without a pair: as before
	answers 'alert 2 112' --sni "$BARE"
	answers 'alert 2 112' --sni "$BARE" --alpn http/1.1
	answers 'alert 2 112' --sni "$BARE" --alpn acme-tls/1 --alpn http/1.1
	# a host that is not ours, whatever waits for it; a name that is none
	answers 'alert 2 112' --sni mta-sts.stranger.example --alpn acme-tls/1
	answers 'alert 2 112' --alpn acme-tls/1
	answers 'alert 2 112' --sni ../challenges --alpn acme-tls/1
	answers 'alert 2 112' --sni="$TOKEN" --alpn acme-tls/1
	# no challenge waits for this one
	answers 'alert 2 120' --sni mta-sts.other.example.net --alpn acme-tls/1
}

@test "challenges are no policies in the count" {
	start_daemon
	wait_for "$TOKEN" "$TOKEN.$THUMB"
	wait_for "$HOST" "$THUMB"
	gives 200 "$TOKEN"
	gives 200 "$TOKEN"
	ca "$HOST"
	fetch "$HOST" / >/dev/null
	serves_age 604800 example.com
	stop_daemon
	log_has 'stopped: 5 connections, 4 answers, 1 of them policies'
}

@test "a state that cannot be written costs the challenges alone" {
	expect_log 'warning: no challenge of a CA can be answered: .*challenges' \
	    'warning: (state:|the last good|what senders|/.*/(last-good|served):)'
	rm -rf "$T/state"
	: >"$T/state"
	start_daemon
	log_has 'no challenge of a CA can be answered'
	serves_age 604800 example.com
	gives 404 "$TOKEN"
	answers 'alert 2 120' --sni "$HOST" --alpn acme-tls/1
}
