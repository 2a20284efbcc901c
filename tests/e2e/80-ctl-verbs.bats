#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The frame of mta-stsctl, and what check and render say.

bats_require_minimum_version 1.5.0
load lib

ctl() {
	"$BIN/mta-stsctl" -c "$CONF" "$@"
}

# stopped STATUS COMMAND...: it ends so, with its words in $T/out and $T/err.
stopped() {
	local want=$1 got=0
	shift
	"$@" >"$T/out" 2>"$T/err" || got=$?
	[ "$got" = "$want" ] ||
	    fail "exit status $got: $(cat "$T/out" "$T/err")"
}

said() {
	grep -qF -- "$1" "$T/out" || fail "not on standard output: $1"
}

complained() {
	grep -qF -- "$1" "$T/err" || fail "no complaint: $1: $(cat "$T/err")"
}

quiet() {
	[ ! -s "$T/err" ] || fail "complained: $(cat "$T/err")"
}

simple() {
	conf >"$CONF" <<-END
		domains:
		$(domain example.com enforce 604800 mail.example.com '*.example.net')
		$(domain xn--bcher-kva.example testing 604800 mail.example.com)
	END
}

@test "help and version go to standard output, of every verb" {
	stopped 0 "$BIN/mta-stsctl" -V
	said "mta-stsctl "
	stopped 0 "$BIN/mta-stsctl" -h
	local verb
	for verb in check records render renew forget selfsign; do
		said "  $verb "
	done
	for verb in check records render renew forget selfsign; do
		stopped 0 "$BIN/mta-stsctl" "$verb" --help
		said "usage: mta-stsctl [-c FILE] $verb"
		said "Example"
		said "  mta-stsctl "
		quiet
	done
}

@test "wrong usage is exit status 2 and says what was meant" {
	stopped 2 "$BIN/mta-stsctl"
	complained "usage: "
	stopped 2 "$BIN/mta-stsctl" -x
	local row
	while IFS='|' read -r row want; do
		# shellcheck disable=SC2086 # a list of words
		stopped 2 "$BIN/mta-stsctl" $row
		complained "$want"
		[ ! -s "$T/out" ]
	done <<-'END'
		chekc|there is no verb "chekc": did you mean "check"?
		rendr x|did you mean "render"?
		self-sign|did you mean "selfsign"?
		frobnicate|there is no verb "frobnicate"
		check extra|check takes no arguments
		check --loud|check knows no option --loud
		check -xy|check knows no option -xy
		check --strict -xy|check knows no option -xy
		check --strict=x|check knows no option --strict=x
		selfsign --dir=/x -y|selfsign knows no option -y
		records --format|--format wants a value
		records --format jsn|there is no format "jsn": did you mean "json"?
		records --format=|there is no format ""
		records --redy|records knows no option --redy
		render|render takes the name of one domain
		render a.example b.example|render takes the name of one domain
		render -x|render knows no option -x
		selfsign --dir|--dir wants a value
		selfsign --days x|--days is a number
		selfsign --days 99999|--days is a number
		selfsign extra|selfsign takes options only
	END
}

@test "a result that cannot be written is exit status 2" {
	simple
	local row
	for row in check records "records --format csv" "records --format json" \
	    "records --format nsupdate" "render example.com" selfsign status \
	    "status --json" "status example.com" -V -h "check --help"; do
		# shellcheck disable=SC2086 # a list of words
		stopped 2 sh -c "exec '$BIN/mta-stsctl' -c '$CONF' $row >/dev/full"
		complained "cannot write to standard output: "
		stopped 2 sh -c "exec '$BIN/mta-stsctl' -c '$CONF' $row >&-"
		complained "cannot write to standard output: "
	done
}

@test "check: nothing wrong" {
	simple
	stopped 0 ctl check
	quiet
	[ "$(tail -n 1 "$T/out" | cut -d, -f 1,2)" = "2 domains, 0 faults" ]
}

@test "check: every fault and warning, counted; --strict minds warnings" {
	conf >"$CONF" <<-'END'
		defaults: { tlsrpt: "mailto:a@example.com" }
		domains:
		  a.example: { mode: enforced, mx: [mail.example.com] }
		  b.example: { mode: enforce, mx: ["*.co.uk"], max_age: 1w }
		  c.example: { mode: enforce, mx: [mail.example.com], max_age: 99999999 }
	END
	stopped 1 ctl check
	quiet
	said 'did you mean "enforce"?'
	said "max_age 99999999 is above 31557600"
	said 'b.example: mx "*.co.uk" stands over a public suffix'
	grep 'public suffix' "$T/out" | grep -q '(warning)$'
	said "mta-sts.b.example: no certificate below $CERTS, and no acme to get one (warning)"
	[ "$(tail -n 1 "$T/out")" = "1 domain, 2 faults, 2 warnings" ]

	sed -i '/[ac]\.example:/d' "$CONF"
	stopped 0 ctl check
	[ "$(tail -n 1 "$T/out")" = "1 domain, 0 faults, 2 warnings" ]
	stopped 1 ctl check --strict
	selfsign
	sed -i 's/\*\.co\.uk/*.example.co.uk/' "$CONF"
	stopped 0 ctl check --strict
	[ "$(cat "$T/out")" = "1 domain, 0 faults, 0 warnings" ]
}

@test "check: hosts without a certificate and no way to get one" {
	simple
	stopped 0 ctl check
	said "mta-sts.example.com: no certificate below $CERTS, and no acme to get one (and 1 more like it) (warning)"
	for SETTINGS in "host: policies.example.net" \
	    "acme: { agree_to_terms: true }"; do
		simple
		stopped 0 ctl check
		"${SETTINGS%%:*}_well"
	done
	SETTINGS=
	simple
	selfsign
	stopped 0 ctl check
	acme_well
	# A fresh install has no such directory; or another machine has it.
	mkdir -p "$T/state"
	CERTS=$T/state/certs
	simple
	stopped 0 ctl check
	said "mta-sts.example.com: no certificate below $CERTS, and no acme to get one"
	rm -r "$T/state"
	stopped 0 ctl check
	acme_well
}

host_well() {
	said "policies.example.net: no certificate below $CERTS, and no acme to get one (and 2 more like it)"
}

acme_well() {
	refute grep -q 'no certificate' "$T/out"
}

@test "check: no such file is exit status 2, no YAML is 1" {
	stopped 2 ctl check
	complained "$CONF: No such file"
	echo 'domains: {' >"$CONF"
	stopped 1 ctl check
	said "$CONF:"
	[ "$(tail -n 1 "$T/out")" = "0 domains, 1 fault, 0 warnings" ]
}

@test "check: a domain that leaves what was last served is told" {
	simple
	selfsign
	start_daemon
	stop_daemon
	sed -i '/xn--/d' "$CONF"
	stopped 0 ctl check
	said "xn--bcher-kva.example"
}

@test "render: the bytes as served, and nothing else" {
	simple
	stopped 0 ctl render example.com
	quiet
	cmp "$T/out" <(policy enforce 604800 mail.example.com '*.example.net')
	local name
	for name in EXAMPLE.com bücher.example BÜCHER.Example \
	    xn--bcher-kva.example; do
		stopped 0 ctl render "$name"
		quiet
	done
}

@test "render: a domain that is not there, or at fault, is exit status 2" {
	simple
	echo '  broken.example: { mode: enforce }' >>"$CONF"
	echo '  Öre.example: { mode: enforce }' >>"$CONF"
	sed '/example: { mode: enforce }/d' "$CONF" >"$T/good.yaml"
	stopped 2 "$BIN/mta-stsctl" -c "$T/good.yaml" render nothing.like.it
	complained "nothing.like.it is not configured"
	[ "$(wc -l <"$T/err")" = 1 ]
	stopped 2 ctl render exmaple.com
	complained "exmaple.com is not configured: did you mean example.com?"
	[ ! -s "$T/out" ]
	stopped 2 ctl render nothing.like.it
	complained "nothing.like.it is not configured"
	stopped 2 ctl render https://example.com/
	stopped 2 ctl render broken.example
	complained ": broken.example: "
	stopped 2 ctl render öre.example
	complained "re.example: "
	[ ! -s "$T/out" ]
	run ! grep -q "not configured" "$T/err"
	stopped 0 ctl render example.com
	quiet
	printf '%s\n' '  hidden.example: p' 'policies: { p: { mode: on } }' \
	    >>"$CONF"
	stopped 2 ctl render hidden.example
	complained ': p: mode "on"'
	[ ! -s "$T/out" ]
}
