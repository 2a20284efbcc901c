#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# verify against our own daemon and a resolver of the test's own.

bats_require_minimum_version 1.5.0
load lib

prepare() {
	SETTINGS="host: sts.example.net"
	configure 604800
}

# configure MAX_AGE
configure() {
	conf <<-END | edit "$CONF"
		domains:
		$(domain well.example enforce "$1" "mail.well.example")
		$(domain new.example testing "$1" "mail.new.example")
	END
}

# serve: the daemon, and DNS for both domains; new.example has no TXT yet.
serve() {
	selfsign
	start_daemon
	cat >"$T/names" <<-END
		sts.example.net A $ADDR
		mta-sts.well.example CNAME sts.example.net
		_mta-sts.well.example TXT "v=STSv1; id=$(id_of well.example);"
		well.example MX 10 mail.well.example
		mta-sts.new.example CNAME sts.example.net
		new.example MX 10 mail.new.example
		_smtp._tls.new.example TXT "v=TLSRPTv1; rua=mailto:a@new.example"
	END
	python3 "$HERE/dns.py" "$ADDR" "$T/names" >"$T/dns" 2>&1 3>&- &
	HELPERS+=("$!")
	wait_until 10 "the resolver" resolves
}

resolves() {
	exec 9<>"/dev/tcp/$ADDR/53" && exec 9>&-
}

id_of() {
	"$BIN/mta-stsctl" -c "$CONF" render "$1" | policy_id
}

# verify STATUS [ARGUMENT...]: what it says, in $T/said and $T/err.
verify() {
	local wanted=$1 status=0
	shift
	"$BIN/mta-stsctl" -c "$CONF" verify --resolver "$ADDR" --ca "$CA" \
	    --port "$PORT" "$@" >"$T/said" 2>"$T/err" || status=$?
	[ "$status" = "$wanted" ] || {
		cat "$T/said" "$T/err"
		fail "exit status $status, not $wanted"
	}
	refute grep -E "$LOG_CRASH" "$T/err"
}

# codes: what is not well, a line each: domain, grade, code.
codes() {
	verify "$1" --no-smtp --format json
	python3 -c '
import json, sys
for domain in json.load(sys.stdin)["domains"]:
    for f in domain["findings"]:
        if f["grade"] not in ("ok", "not checked"):
            print(domain["domain"], f["grade"], f["code"])
	' <"$T/said"
}

said() {
	grep -qF -- "$1" "$T/said" || {
		cat "$T/said"
		fail "not said: $1"
	}
}

@test "a domain that is well, and one that is not live yet" {
	serve
	diff <(codes 0) - <<<"new.example pending txt-missing"
	verify 0 --no-smtp
	said "2 domains: 1 ok, 1 pending"
	verify 0 --no-smtp --problems
	[ ! -s "$T/said" ]
	verify 0 --no-smtp --format nagios
	said "MTA-STS OK - 1 of 2"
	verify 0 --no-smtp WELL.example
	said "ok          ours "
	said "ok          id "
}

@test "each fault yields its own finding" {
	local old
	serve
	old=$(cat "$T/names")
	while IFS='|' read -r change wanted; do
		sed "$change" <<<"$old" >"$T/names"
		diff <(codes 1 | grep -v txt-missing) - <<<"$wanted" ||
		    fail "after $change"
	done <<-END
		s/id=/id=0/|well.example broken id-differs
		s/id=.*;"/id=a-b;"/|well.example broken txt-id
		s/v=STSv1/v=stsv1/|well.example broken txt-version
		s/mail.well.example/mx.well.example/|well.example broken mx-uncovered
		/mta-sts.well.example CNAME/d|well.example broken host-missing
		s/\(mta-sts.well.example\) CNAME .*/\1 CNAME no.where/|well.example broken host-dangling
		s/\(mta-sts.well.example\) CNAME .*/\1 A $ADDR/|well.example warning host-no-cname
		s/\(mta-sts.well.example\) CNAME .*/\1 A 127.0.0.77/|well.example broken host-wrong
		s/\(mta-sts.well.example\) CNAME/\1 SERVFAIL/|well.example broken host-lookup
		/well.example/d|well.example broken domain-missing
	END
}

@test "a configuration at fault: words and exit status agree in each format" {
	serve
	echo '  odd.example: { mode: tseting }' >>"$CONF"
	verify 1 --no-smtp --format nagios
	said "MTA-STS WARNING - 1 fault in the configuration, 1 of 2 domains well |"
	grep -q 'odd.example: mode "tseting"' "$T/err"
	verify 1 --no-smtp --format json
	said '"faults": 1'
	said '"verdict": "pending"'
	verify 1 --no-smtp
	verify 1 --no-smtp --problems
	[ ! -s "$T/said" ]
	expect_log 'tseting'
}

@test "an expired certificate" {
	serve
	selfsign --days -2
	reload_and_wait
	expect_log 'certificate'
	codes 1 >"$T/codes"
	grep -qx 'well.example broken cert-expired' "$T/codes"
}

@test "--policy-only --wait ends when the policy is there" {
	serve
	verify 0 --policy-only
	configure 86400
	verify 1 --policy-only
	said "ours-differs"
	(sleep 1 && kill -HUP "$MANAGER") 3>&- &
	verify 0 --policy-only --wait 30
}

@test "rfc8461_8_1 --policy-only: an address that was not asked serves nothing" {
	serve
	# No machine has a way to such an address without an interface.
	sed -i '/^mta-sts.new.example /d' "$T/names"
	printf 'mta-sts.new.example %s\n' "A $ADDR" "AAAA fe80::1" >>"$T/names"
	verify 0 --no-smtp new.example
	said "not checked https                 fe80::1"
	verify 1 --policy-only
	said "1 ok, 1 warning"
	said "warning     https-unasked         fe80::1"
	verify 1 --policy-only --wait 1 --format nagios new.example
	said "MTA-STS WARNING - new.example: https-unasked"
	verify 0 --policy-only well.example
	verify 2 --policy-only well.example other.example
	grep -q '^mta-stsctl: other.example is not configured: ' "$T/err"
	CONF=$T/none verify 2 --policy-only well.example
	[ ! -s "$T/said" ]
}

@test "a domain that is not configured, and no configuration" {
	serve
	cat >>"$T/names" <<-END
		mta-sts.other.example CNAME mta-sts.well.example
		_mta-sts.other.example TXT "v=STSv1; id=1"
		other.example MX 10 mail.well.example
	END
	verify 1 --no-smtp --format json other.example
	said '"tls-refused"'
	said '"configured": false'
	CONF=$T/none verify 0 --no-smtp well.example
	grep -q "No such file" "$T/err"
}

@test "wrong usage, no network" {
	verify 2 --format xml
	verify 2 --jobs 0
	verify 2 --port 65536
	verify 2 --wait x
	verify 2 --resolver example
	verify 2 --none
	verify 2 mta-sts..example
	CA=$T/none verify 2
	selfsign
	verify 2 --no-smtp
	grep -q "answers nothing" "$T/err"
	[ ! -s "$T/said" ]
	verify 2 --no-smtp --format nagios
	diff "$T/said" - <<<"MTA-STS UNKNOWN - the resolver answers nothing"
	CONF=$T/none verify 2
	[ ! -s "$T/said" ]
	CONF=$T/none verify 2 --format nagios
	diff "$T/said" - <<<"MTA-STS UNKNOWN - it could not be verified"
}

@test "a report that cannot be written is exit status 2" {
	local row
	serve
	for row in table csv json nagios "table --policy-only" "table well.example"; do
		# shellcheck disable=SC2086 # a list of words
		set -- "$BIN/mta-stsctl" -c "$CONF" verify --no-smtp \
		    --resolver "$ADDR" --ca "$CA" --port "$PORT" --format $row
		not_written "$@" >/dev/full
		not_written "$@" >&-
	done
}

not_written() {
	local status=0
	"$@" 2>"$T/err" || status=$?
	[ "$status" = 2 ] || fail "exit status $status: $*"
	grep -q "cannot write to standard output" "$T/err"
	refute grep -E "$LOG_CRASH" "$T/err"
}

@test "the manual names every code" {
	local code
	sed -n 's/^\t{ "\([a-z-]*\)", .*/\1/p' \
	    "$HERE"/../../ctl/verify_codes*.c >"$T/codes"
	[ "$(wc -l <"$T/codes")" -gt 80 ]
	while read -r code; do
		grep -qE "^\.It Cm $code( |\$)" "$HERE/../../ctl/mta-stsctl.1" ||
		    fail "not in the manual: $code"
	done <"$T/codes"
}
