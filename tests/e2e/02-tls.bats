# SPDX-License-Identifier: ISC
# What a TLS client sees (DESIGN section 6): for names that are ours a whole
# chain and nothing more, for all others an alert and no certificate.

load lib

prepare() {
	conf >"$CONF" <<-END
		host: policies.example.net
		domains:
		$(entries 604800 example.com other.example.net)
	END
	selfsign
}

# shows NAME DIR: is the leaf shown for NAME the one below $CERTS/DIR?
shows() {
	[ "$(chain_shown "$1" | head -n 1)" = \
	    "$(pem_lines "$CERTS/$2/cert.pem" | head -n 1)" ]
}

@test "rfc8461_h10 a name that is not ours: unrecognized_name, no certificate" {
	start_daemon
	answers 'alert 2 112'
	answers 'alert 2 112' --sni mta-sts.example.org
	answers 'alert 2 112' --sni example.com
	answers 'alert 2 112' --sni x.mta-sts.example.com
	answers 'alert 2 112' --sni localhost
	answers 'alert 2 112' --sni 127.0.0.1
	answers 'alert 2 112' --sni ::1
	answers 'alert 2 112' --sni mta-sts.example.org --versions 1.2
	answers 'alert 2 112' --versions 1.2
	run sclient mta-sts.example.org -showcerts
	[[ $output != *"BEGIN CERTIFICATE"* ]]
	[[ $output == *"unrecognized name"* ]]
}

@test "rfc6066 an SNI that is no host name gets an alert and no certificate" {
	start_daemon
	answers 'alert 2 (112|50)' --sni 'mta-sts.example.com\x00'
	answers 'alert 2 (112|50)' --sni 'mta-sts.example.com\x00.example.org'
	answers 'alert 2 (112|50)' --sni '\x00'
	answers 'alert 2 (112|50)' --sni ''
	answers 'alert 2 (112|50)' --sni "$(printf 'a%.0s' {1..256})"
	answers 'alert 2 (112|50)' --sni "$(printf 'a%.0s' {1..240}).example.com"
	answers 'alert 2 (112|50)' --sni 'mta-sts.ex\xe4mple.com'
	answers 'alert 2 (112|50)' --sni 'mta-sts.example.com..'
	answers 'alert 2 (112|50)' --sni-bytes ''
	answers 'alert 2 (112|50)' --sni-bytes 0000
	answers 'alert 2 (112|50)' --sni-bytes 00ff
	answers 'alert 2 (112|50|47)' \
	    --sni mta-sts.example.com --sni mta-sts.other.example.net
	answers 'alert 2 (112|50|47)' \
	    --sni mta-sts.example.com --sni mta-sts.example.com
	answers 'alert 2 (50|47)' --sni mta-sts.example.com --sni-twice
	fetch mta-sts.example.com >/dev/null
}

@test "an SNI in upper case or with a trailing dot is the same name" {
	start_daemon
	answers 'hello 1.3' --sni mta-sts.example.com
	answers 'hello 1.3' --sni MTA-STS.Example.COM
	answers 'hello 1.3' --sni mta-sts.example.com.
	answers 'hello 1.2' --sni MTA-STS.EXAMPLE.COM. --versions 1.2
	run sclient MTA-STS.Example.COM. -verify_hostname mta-sts.example.com \
	    -verify_return_error
	[[ $output == *"HTTP/1.1 200 "* ]]
}

@test "rfc8461_h11 TLS 1.2 and 1.3, nothing older" {
	start_daemon
	answers 'hello 1.3' --sni mta-sts.example.com
	answers 'hello 1.2' --sni mta-sts.example.com --versions 1.2
	answers 'hello 1.2' --sni mta-sts.example.com --versions 1.2,1.1
	answers 'alert 2 70' --sni mta-sts.example.com --versions 1.1
}

@test "ALPN: http/1.1 if offered, none if none, else no_application_protocol" {
	start_daemon
	answers 'hello 1.3' --sni mta-sts.example.com --alpn h2 --alpn http/1.1
	answers 'alert 2 120' --sni mta-sts.example.com --alpn h2
	answers 'alert 2 120' --sni mta-sts.example.com --alpn http/1.0
	answers 'alert 2 120' --sni mta-sts.example.com --alpn HTTP/1.1
	answers 'alert 2 120' --sni mta-sts.example.com --alpn unknown \
	    --versions 1.2
	answers 'alert 2 120' --sni mta-sts.example.com --alpn acme-tls/1
	run sclient mta-sts.example.com -alpn h2,http/1.1
	[[ $output == *"ALPN protocol: http/1.1"* ]]
	run sclient mta-sts.example.com
	[[ $output == *"No ALPN negotiated"* ]]
}

@test "rfc8461_h11 no ticket is ever sent, no session resumed" {
	local version
	start_daemon
	for version in tls1_2 tls1_3; do
		run sclient mta-sts.example.com "-$version" -msg
		[[ $output == *"HTTP/1.1 200 "* ]]
		[[ $output != *NewSessionTicket* ]]
		[[ $output == *"Compression: NONE"* ]]
		run sclient mta-sts.example.com "-$version" \
		    -sess_out "$T/session"
		[ -s "$T/session" ] || continue
		run sclient mta-sts.example.com "-$version" \
		    -sess_in "$T/session"
		[[ $output == *"HTTP/1.1 200 "* ]]
		[[ $output != *"Reused, "* ]]
	done
	timeout 20 openssl s_client -connect "$ADDR:$PORT" -CAfile "$CA" \
	    -servername mta-sts.example.com -tls1_2 -reconnect \
	    </dev/null >"$T/out" 2>&1
	[ "$(grep -c '^New, ' "$T/out")" -ge 6 ]
	refute grep '^Reused, ' "$T/out"
}

@test "rfc8461_h11 renegotiation is refused" {
	start_daemon
	mkfifo "$T/in"
	openssl s_client -connect "$ADDR:$PORT" -CAfile "$CA" -tls1_2 -msg \
	    -servername mta-sts.example.com <"$T/in" >"$T/out" 2>&1 3>&- &
	HELPERS+=($!)
	exec 8>"$T/in"
	wait_until 10 "the handshake" grep -q 'Verify return code' "$T/out"
	printf 'R\n' >&8
	wait_until 10 "the refusal" grep -q 'no_renegotiation' "$T/out"
	exec 8>&-
	[ "$(grep -c 'Handshake.*ServerHello$' "$T/out")" = 1 ]
}

@test "rfc8461_h8 the chain is sent whole and as it stands" {
	start_daemon
	[ "$(pem_lines "$CERTS/mta-sts.example.com/cert.pem" | wc -l)" = 2 ]
	diff <(chain_shown mta-sts.example.com) \
	    <(pem_lines "$CERTS/mta-sts.example.com/cert.pem")
	run sclient mta-sts.example.com -tls1_2 -verify_return_error \
	    -verify_hostname mta-sts.example.com
	[[ $output == *"Verify return code: 0 (ok)"* ]]
}

@test "nothing is added to a chain, not even what the trust store has" {
	local dir=$CERTS/mta-sts.example.com leaf
	leaf=$(pem_lines "$dir/cert.pem" | head -n 1)
	# all of the chain is in the trust store, the leaf alone in the pair
	cat "$CA" "$dir/cert.pem" >"$T/trust.pem"
	openssl x509 -in "$dir/cert.pem" -out "$T/leaf.pem"
	cp -f "$T/leaf.pem" "$dir/cert.pem"
	start_daemon env "SSL_CERT_FILE=$T/trust.pem"
	[ "$(chain_shown mta-sts.example.com)" = "$leaf" ]
}

@test "an RSA pair serves TLS 1.2 and 1.3" {
	rm -r "$CERTS"
	mkdir "$CERTS"
	selfsign --rsa
	start_daemon
	serves_age 604800 example.com
	run sclient mta-sts.example.com
	[[ ${output,,} == *"peer signature type: rsa"* ]]
	run sclient mta-sts.example.com -tls1_2
	[[ $output == *"HTTP/1.1 200 "* ]]
}

@test "a pair outside its dates is still shown, and the log is loud" {
	expect_log '^(error|warning): .*(expired|not valid|not yet|dates|ended|begins)'
	rm -r "$CERTS/mta-sts.example.com" "$CERTS/mta-sts.other.example.net"
	special_pair old DNS:mta-sts.example.com '30 days ago' '1 day ago'
	special_pair new DNS:mta-sts.other.example.net '1 day' '9 days'
	start_daemon
	wait_log '(error|warning): .*mta-sts\.example\.com'
	shows mta-sts.example.com old
	shows mta-sts.other.example.net new
	CA=$T/special/ca.pem
	run sclient mta-sts.example.com
	[[ $output == *"certificate has expired"* ]]
	run fetch mta-sts.example.com
	[ "$status" = 60 ]
	fetch mta-sts.example.com /.well-known/mta-sts.txt -k >"$T/body"
	cmp "$T/body" <(policy enforce 604800 mx.example.com)
}

@test "of several good pairs the one that lives longest is used" {
	rm -r "$CERTS/mta-sts.example.com"
	special_pair a DNS:mta-sts.example.com '1 day ago' '10 days'
	special_pair b DNS:mta-sts.example.com '1 day ago' '30 days'
	special_pair c DNS:mta-sts.example.com '1 day ago' '20 days'
	special_pair d DNS:mta-sts.example.com '1 day' '90 days'
	expect_log '^warning: certificate b: .*gone'
	start_daemon
	shows mta-sts.example.com b
	# without it the next one
	rm -r "$CERTS/b"
	reload
	wait_until 10 "the next one" shows mta-sts.example.com c
	# exact or wildcard alike, and several names in one pair
	special_pair e 'DNS:*.example.com,DNS:*.other.example.net' \
	    '1 day ago' '40 days'
	reload
	wait_until 10 "the wildcard" shows mta-sts.example.com e
}

@test "rfc9525 a wildcard pair serves the hosts it covers, one label deep" {
	rm -r "$CERTS/mta-sts.example.com" "$CERTS/mta-sts.other.example.net"
	special_pair wild 'DNS:*.example.com' '1 day ago' '10 days'
	special_pair wider 'DNS:*.example.net' '1 day ago' '10 days'
	expect_log '^(warning|error): .*mta-sts\.other\.example\.net'
	start_daemon
	shows mta-sts.example.com wild
	answers 'alert 2 112' --sni mta-sts.other.example.net
	CA=$T/special/ca.pem
	serves_age 604800 example.com
}

@test "a broken pair costs its host alone, and the log names file and fault" {
	local name
	conf >"$CONF" <<-END
		domains:
		$(entries 604800 good.example bent.example swapped.example \
		    locked.example cn.example bare.example)
	END
	rm -r "$CERTS"
	mkdir "$CERTS"
	selfsign
	echo nonsense >"$CERTS/mta-sts.bent.example/cert.pem"
	cp -f "$CERTS/private/mta-sts.good.example/key.pem" \
	    "$CERTS/private/mta-sts.swapped.example/key.pem"
	openssl ec -in "$CERTS/private/mta-sts.locked.example/key.pem" \
	    -aes128 -passout pass:secret -out "$T/locked" 2>/dev/null
	cp -f "$T/locked" "$CERTS/private/mta-sts.locked.example/key.pem"
	rm -r "$CERTS/mta-sts.cn.example" "$CERTS/mta-sts.bare.example"
	special_pair mta-sts.cn.example DNS:www.cn.example \
	    '1 day ago' '10 days'
	expect_log '^(warning|error): .*(bent|swapped|locked|cn|bare)\.example'
	start_daemon
	serves_age 604800 good.example
	for name in bent swapped locked cn bare; do
		answers 'alert 2 112' --sni "mta-sts.$name.example"
	done
	log_has 'mta-sts\.bent\.example/cert\.pem'
	log_has 'mta-sts\.swapped\.example/(key|cert)\.pem'
	log_has 'mta-sts\.locked\.example/key\.pem'
	log_has 'cn\.example'
	log_has 'bare\.example'
}

@test "what is odd about a good pair is warned of" {
	rm -r "$CERTS/mta-sts.example.com" "$CERTS/mta-sts.other.example.net"
	special_pair staple DNS:mta-sts.example.com '1 day ago' '10 days' \
	    tlsfeature=status_request
	special_pair purpose DNS:mta-sts.other.example.net \
	    '1 day ago' '10 days' extendedKeyUsage=clientAuth
	special_pair open DNS:policies.example.net '1 day ago' '10 days'
	rm -r "$CERTS/policies.example.net"
	chmod 644 "$CERTS/open/key.pem"
	expect_log '^warning: .*(staple|purpose|open)'
	start_daemon
	log_has '^warning: .*staple'
	log_has '^warning: .*purpose.*(serverAuth|extendedKeyUsage|server)'
	log_has '^warning: .*open/key\.pem'
	shows mta-sts.example.com staple
	shows mta-sts.other.example.net purpose
	shows policies.example.net open
}

@test "what is no TLS is closed without an answer" {
	start_daemon
	exec 9<>"/dev/tcp/$ADDR/$PORT"
	# it may be closed before all is written, which is a signal
	(printf 'GET / HTTP/1.1\r\nHost: mta-sts.example.com\r\n\r\n' >&9) ||
	    true
	timeout 15 cat <&9 >"$T/answer" || true
	exec 9>&-
	refute grep -a HTTP "$T/answer"
	serves_age 604800 example.com
}
