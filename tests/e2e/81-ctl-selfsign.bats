#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# selfsign: pairs as real ones look, and never in the place of real ones.

bats_require_minimum_version 1.5.0
load lib

prepare() {
	SETTINGS='host: policies.example.net'
	conf >"$CONF" <<-END
		domains:
		$(domain example.com enforce 604800 mail.example.com)
		$(domain "$LONG" testing 604800 mail.example.com)
	END
}

LONG=$(printf 'l%.0s' {1..63}).$(printf 'm%.0s' {1..63}).example

ctl() {
	"$BIN/mta-stsctl" -c "$CONF" "$@"
}

# verify HOST [OPTION...]: as a strict client does.
verify() {
	local pem=$CERTS/$1/cert.pem
	openssl verify -x509_strict -purpose sslserver -CAfile "$CA" \
	    -no-CAfile -untrusted "$pem" -verify_hostname "$1" "${@:2}" "$pem"
}

refused() {
	local before status=0
	before=$(cd "$CERTS" && find . -type f -exec sha256sum {} + | sort)
	ctl selfsign >"$T/out" 2>"$T/err" || status=$?
	[ "$status" = 2 ] || fail "exit status $status"
	grep -qF -- "$1" "$T/err" || fail "no complaint: $(cat "$T/err")"
	[ "$before" = "$(cd "$CERTS" &&
	    find . -type f -exec sha256sum {} + | sort)" ] ||
	    fail "files were changed"
}

@test "a pair for every host, that verifies as a whole chain" {
	run -0 ctl selfsign
	[[ ${lines[0]} == "3 pairs below $CERTS, from a new throw-away authority." ]]
	[[ ${lines[1]} == *"--cacert $CA"* ]]
	local host
	for host in mta-sts.example.com "mta-sts.$LONG" policies.example.net; do
		verify "$host"
		[ "$(grep -c BEGIN "$CERTS/$host/cert.pem")" = 2 ]
		[ "$(stat -c %a "$CERTS/private/$host/key.pem")" = 600 ]
		[ "$(stat -c %a "$CERTS/private/$host")" = 700 ]
		cmp <(openssl x509 -in "$CERTS/$host/cert.pem" -noout -pubkey) \
		    <(openssl pkey -in "$CERTS/private/$host/key.pem" -pubout)
	done
	# The intermediate is wanted: the leaf alone does not verify.
	run ! openssl verify -no-CApath -CAfile "$CA" \
	    "$CERTS/mta-sts.example.com/cert.pem"
	[ "$(stat -c %a "$CERTS/private/ca/key.pem")" = 600 ]
	[ ! -e "$CERTS/ca" ]
}

@test "a second run keeps the authority and makes new pairs" {
	selfsign
	cp -r "$CERTS" "$T/before"
	run -0 ctl selfsign
	[[ ${lines[0]} == *"from the same throw-away authority." ]]
	cmp "$CA" "$T/before/ca.pem"
	verify mta-sts.example.com
	run ! cmp -s "$CERTS/mta-sts.example.com/cert.pem" \
	    "$T/before/mta-sts.example.com/cert.pem"
	run ! cmp -s "$CERTS/private/mta-sts.example.com/key.pem" \
	    "$T/before/private/mta-sts.example.com/key.pem"
	[ -z "$(find "$CERTS" -name '*tmp*')" ]
}

@test "--rsa, --days and --dir" {
	selfsign --rsa --days 10 --dir "$T/other/place"
	[ -z "$(ls "$CERTS")" ]
	CERTS=$T/other/place
	CA=$CERTS/ca.pem
	local pem=$CERTS/mta-sts.example.com/cert.pem
	openssl x509 -in "$pem" -noout -text | grep -q 'Public-Key: (2048 bit)'
	openssl x509 -in "$pem" -noout -checkend $((9 * 86400))
	run ! openssl x509 -in "$pem" -noout -checkend $((11 * 86400))
	verify mta-sts.example.com
	selfsign --days -1 --dir "$CERTS"
	run ! verify mta-sts.example.com
	[[ $output == *"certificate has expired"* ]]
}

@test "an authority that ends before its leaves would is made anew" {
	selfsign
	openssl req -x509 -key "$CERTS/private/ca/key.pem" -days 30 -out "$CA" \
	    -addext keyUsage=critical,keyCertSign \
	    -subj "$(openssl x509 -in "$CA" -noout -subject -nameopt compat |
		sed 's/^subject=//')"
	cp "$CA" "$T/ca.pem"
	selfsign --days 29
	cmp "$CA" "$T/ca.pem"
	verify mta-sts.example.com
	run -0 ctl selfsign --days 30
	[[ ${lines[0]} == *"from a new throw-away authority." ]]
	verify mta-sts.example.com
}

@test "a directory that is not selfsign's is left alone" {
	special_pair elsewhere DNS:mta-sts.example.com yesterday tomorrow
	refused "$CERTS is in use, and not for throw-away certificates"
	rm -r "$CERTS/elsewhere"
	cp "$T/special/ca.pem" "$CA"
	refused "$CA was not made by mta-stsctl selfsign"
	rm "$CA"
	selfsign
	special_pair mta-sts.example.com DNS:mta-sts.example.com \
	    yesterday tomorrow
	refused "mta-sts.example.com/cert.pem is no throw-away certificate"
	rm "$CERTS/mta-sts.example.com"/*
	mv "$CERTS/private/ca/key.pem" "$T/key.pem"
	refused "private/ca/key.pem"
}

@test "root becomes the owner of state before it writes there" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	chmod 755 "$BATS_RUN_TMPDIR" "$T" "$T/.."
	rmdir "$CERTS"
	CERTS=$T/state/certs
	sed -i "s|^certs: .*|certs: $CERTS|" "$CONF"
	mkdir "$T/state"
	chown 65534:65534 "$T/state"
	selfsign
	[ -z "$(find "$T/state" ! -user 65534 -o ! -group 65534)" ]
}

@test "no host, nothing made" {
	SETTINGS=
	conf </dev/null >"$CONF"
	refused "no host is configured"
}
