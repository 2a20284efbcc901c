#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What mta-stsctl says must stand in DNS, judged by BIND: by named-checkzone,
# by a server that has loaded it, and by one that was told by nsupdate.

bats_require_minimum_version 1.5.0
load lib
load named

ctl() {
	"${WITHIN[@]}" "$BIN/mta-stsctl" -c "$CONF" "$@"
}

# stopped STATUS COMMAND...: it ends so, with its words in $T/out and $T/err.
stopped() {
	local want=$1 got=0
	shift
	"$@" >"$T/out" 2>"$T/err" || got=$?
	[ "$got" = "$want" ] ||
	    fail "exit status $got: $(head -n 20 "$T/out" "$T/err")"
}

complained() {
	grep -qF -- "$1" "$T/err" || fail "no complaint: $1: $(cat "$T/err")"
}

quiet() {
	[ ! -s "$T/err" ] || fail "complained: $(cat "$T/err")"
}

# printed: exactly what is on standard input.
printed() {
	diff "$T/out" -
}

# --- what is tested --------------------------------------------------------

simple() {
	SETTINGS="host: policies.example.net"
	conf >"$CONF" <<-END
		defaults: { mode: testing, max_age: 1w, mx: [mail.example.com] }
		domains:
		  example.com: { tlsrpt: "mailto:a@example.com" }
		  Bücher.example: {}
	END
}

many_domains() {
	local i n=$1
	SETTINGS="host: policies.example.test
acme: { agree_to_terms: true }
${2:-}"
	conf <<-END
		defaults: { mode: testing, max_age: 1w,
		  tlsrpt: ["mailto:tlsrpt@example.test", "https://r.example/;a"] }
		domains:
		$(for ((i = 1; i <= n; i++)); do
			echo "  d$i.example.test: { mx: [mail$i.example.test] }"
		done)
	END
}

@test "zone: absolute names, what a person must put and what waits as comments" {
	simple
	stopped 0 ctl records
	quiet
	printed <<-'END'
		; the host that customers point to
		;policies.example.net. 3600 IN A ...  ; put the IPv4 addresses of this host, if it has any
		;policies.example.net. 3600 IN AAAA ...  ; put the IPv6 addresses of this host, if it has any
		;policies.example.net. 3600 IN CAA ...  ; put the CA that issues the certificates, if CAA is wanted; it then holds for every name that points here by CNAME

		; example.com
		mta-sts.example.com. 3600 IN CNAME policies.example.net.
		_smtp._tls.example.com. 3600 IN TXT "v=TLSRPTv1; rua=mailto:a@example.com"
		;_mta-sts.example.com. 3600 IN TXT "v=STSv1; id=c0a762642c8ff96deabcZ;"  ; not ready: mta-sts.example.com: it has no certificate yet

		; xn--bcher-kva.example
		mta-sts.xn--bcher-kva.example. 3600 IN CNAME policies.example.net.
		;_mta-sts.xn--bcher-kva.example. 3600 IN TXT "v=STSv1; id=c0a762642c8ff96deabcZ;"  ; not ready: mta-sts.xn--bcher-kva.example: it has no certificate yet
	END
	selfsign
	stopped 0 ctl records BÜCHER.example
	quiet
	printed <<-'END'
		; xn--bcher-kva.example
		mta-sts.xn--bcher-kva.example. 3600 IN CNAME policies.example.net.
		_mta-sts.xn--bcher-kva.example. 3600 IN TXT "v=STSv1; id=c0a762642c8ff96deabcZ;"
	END
}

@test "csv and json: a row or an object each, ready or not" {
	simple
	stopped 0 ctl records --format csv example.com
	quiet
	printed <<-'END'
		domain;name;type;ttl;value;ready
		example.com;mta-sts.example.com;CNAME;3600;policies.example.net;yes
		example.com;_smtp._tls.example.com;TXT;3600;"v=TLSRPTv1; rua=mailto:a@example.com";yes
		example.com;_mta-sts.example.com;TXT;3600;"v=STSv1; id=c0a762642c8ff96deabcZ;";no
	END
	stopped 0 ctl records --format=json
	quiet
	python3 - "$T/out" <<-'END'
		import json, sys
		rows = json.load(open(sys.argv[1]))
		assert len(rows) == 5, rows
		assert rows[2] == {
		    "domain": "example.com", "name": "_mta-sts.example.com",
		    "type": "TXT", "ttl": 3600,
		    "value": "v=STSv1; id=c0a762642c8ff96deabcZ;",
		    "ready": False}, rows[2]
		assert list(rows[2]) == \
		    ["domain", "name", "type", "ttl", "value", "ready"]
		assert [r["ready"] for r in rows] == \
		    [True, True, False, True, False], rows
	END
	# host: alone has nothing to show here but what a person must put
	stopped 0 ctl records --format json policies.example.net
	printed <<<'[]'
}

@test "a record without a value is left out of csv and json, with a word" {
	conf >"$CONF" <<-END
		domains:
		$(domain a.example enforce 604800 mail.example.com)
		$(domain b.example enforce 604800 mail.example.com)
	END
	stopped 0 ctl records --format csv
	complained "left out: mta-sts.a.example CNAME: put the name of the host"
	complained "left out: 1 more"
	[ "$(wc -l <"$T/out")" = 3 ]
	stopped 0 ctl records
	quiet
	[ "$(grep -c '^;mta-sts.*CNAME \.\.\.  ; put' "$T/out")" = 2 ]
}

@test "--ready leaves out what is not, and is unable where it cannot know" {
	simple
	stopped 0 ctl records --ready --format csv
	[ "$(grep -c 'v=STSv1' "$T/out")" = 0 ]
	[ "$(wc -l <"$T/out")" = 4 ]
	selfsign
	stopped 0 ctl records --ready --format csv
	[ "$(grep -c 'v=STSv1.*;yes$' "$T/out")" = 2 ]
	selfsign --days -1
	stopped 0 ctl records --ready --format csv
	[ "$(grep -c 'v=STSv1' "$T/out")" = 0 ]
	stopped 0 ctl records
	[ "$(grep -c '^;_mta-sts.*its certificate has expired$' "$T/out")" = 2 ]

	# Nothing is there yet: a fresh install, and known to be.
	mkdir -p "$T/state"
	CERTS=$T/state/certs
	simple
	stopped 0 ctl records --ready --format csv
	quiet
	[ "$(grep -c 'v=STSv1' "$T/out")" = 0 ]
	stopped 0 ctl records
	quiet
	[ "$(grep -c '^;_mta-sts.*it has no certificate yet$' "$T/out")" = 2 ]

	# Another machine's; or a mount that is not there.
	CERTS=$T/certs
	rm -r "$CERTS"
	simple
	stopped 2 ctl records --ready
	rmdir "$T/state"
	stopped 2 ctl records --ready
	[ ! -s "$T/out" ]
	complained "$CERTS: No such file or directory: which records are ready"
	stopped 0 ctl records --format csv
	complained "which records are ready is not known"
	[ "$(grep -c 'v=STSv1.*;$' "$T/out")" = 2 ]
	stopped 0 ctl records
	[ "$(grep -c '^_mta-sts.*v=STSv1' "$T/out")" = 2 ]
	stopped 0 ctl records --ready policies.example.net
}

@test "--ready is unable where keys are for other eyes" {
	simple
	selfsign
	chmod 700 "$CERTS/private"
	as_nobody
	WITHIN=("${AS[@]}")
	stopped 2 ctl records --ready
	[ ! -s "$T/out" ]
	complained "$CERTS/private: Permission denied: which records are ready"
}

@test "a domain at fault has no records, and that is no success" {
	simple
	echo '  broken.example: { mode: enforced }' >>"$CONF"
	stopped 1 ctl records --format csv
	complained 'broken.example: mode "enforced"'
	[ "$(wc -l <"$T/out")" = 6 ]
	stopped 0 ctl records example.com
	quiet
	stopped 2 ctl records example.com broken.example
	complained 'broken.example: mode "enforced"'
	[ ! -s "$T/out" ]
	stopped 2 ctl records exmaple.com
	complained "did you mean example.com?"
	SETTINGS=
	conf >"$CONF" <<<'domains: {}'
	stopped 2 ctl records
	complained "no domain is configured"
}

@test "500 domains pass named-checkzone, and are answered from a server" {
	many_domains 500 >"$CONF"
	selfsign
	ctl records >"$T/records"
	zone example.test <<-END
		policies.example.test. A 127.0.0.1
		\$INCLUDE $T/records
	END
	checked example.test
	start_named example.test
	[ "$(answer txt _mta-sts.d77.example.test)" = "\"v=STSv1; id=$(
	    ctl render d77.example.test | policy_id);\"" ]
	[ "$(answer cname mta-sts.d500.example.test)" = policies.example.test. ]
	[ "$(answer caa mta-sts.d1.example.test | tail -n 1)" = \
	    'policies.example.test.' ]
	answer caa mta-sts.d1.example.test | grep -x '0 issue "letsencrypt.org"'
	[ "$(answer txt _smtp._tls.d1.example.test)" = \
	    '"v=TLSRPTv1; rua=mailto:tlsrpt@example.test,https://r.example/%3Ba"' ]
}

@test "rfc1035_3_3_14 a long value is split into strings of 255 bytes" {
	local uris='' n
	for n in {1..16}; do
		uris+="\"mailto:tls-reports-of-number-$n@reports.example.net\", "
	done
	conf >"$CONF" <<-END
		domains:
		  example.com: { mode: none, max_age: 1d, tlsrpt: [$uris] }
	END
	ctl records >"$T/records"
	zone example.com <<<"\$INCLUDE $T/records"
	checked example.com
	start_named example.com
	answer txt _smtp._tls.example.com >"$T/answer"
	grep -qE '^"[^"]{255}" "[^"]{255}" "[^"]+"' "$T/answer"
	ctl records --format json | python3 -c '
import json, sys
row = [r for r in json.load(sys.stdin) if "TLSRPT" in r["value"]][0]
told = open(sys.argv[1]).read().strip()
assert told[1:-1].replace("\" \"", "") == row["value"], told
assert row["value"].count("mailto:") == 16' "$T/answer"
}

@test "rfc8461_8_2 delegated: our zone and the customers' hold together" {
	SETTINGS="host: policies.example.net
delegated: sts.example.net"
	conf >"$CONF" <<-END
		defaults: { mode: testing, max_age: 1w, mx: [mail.example.com],
		  tlsrpt: "mailto:a@example.net" }
		domains:
		  example.com: {}
		  example.org: { delegated: no }
	END
	selfsign
	ctl records >"$T/records"
	grep 'sts\.example\.net\. 3600 IN TXT' "$T/records" >"$T/ours"
	[ "$(wc -l <"$T/ours")" = 2 ]
	grep -E '^[^ ]*example\.(com|org)\. ' "$T/records" >"$T/theirs"
	[ "$(wc -l <"$T/theirs")" = 6 ]
	zone sts.example.net <"$T/ours"
	zone example.com < <(grep 'example\.com\. 3600' "$T/theirs")
	zone example.org < <(grep 'example\.org\. 3600' "$T/theirs")
	checked sts.example.net
	checked example.com
	checked example.org
	start_named sts.example.net example.com example.org
	[ "$(grep -c CNAME "$T/theirs")" = 4 ]
	local name
	for name in _mta-sts _smtp._tls; do
		diff <(answer txt "$name.example.com" | grep '^"') \
		    <(answer txt "$name.example.org")
	done
	[ "$(answer txt _mta-sts.example.com | grep -c 'v=STSv1; id=')" = 1 ]
}

@test "nsupdate: each zone is found, what was there is replaced, twice is once" {
	many_domains 20 "delegated: sts.example.test" >"$CONF"
	sed -i '/ d[57]\./s/ }$/, delegated: no }/' "$CONF"
	sed -i '/ d9\./s/ }$/, tlsrpt: off }/' "$CONF"
	selfsign
	# d3 was hosted elsewhere, d5 was delegated, d7 had records of its own.
	zone example.test <<-END
		policies.example.test. A 127.0.0.1
		policies.example.test. CAA 0 issue "other.example"
		mta-sts.d3.example.test. A 192.0.2.1
		mta-sts.d3.example.test. AAAA 2001:db8::1
		mta-sts.d3.example.test. TXT "hosted elsewhere"
		_mta-sts.d3.example.test. TXT "v=STSv1; id=1;"
		_mta-sts.d5.example.test. CNAME elsewhere.example.test.
		d7.example.test. NS ns.d7.example.test.
		ns.d7.example.test. A 127.0.0.1
		d8.example.test. TXT "stays"
	END
	zone d7.example.test <<-END
		mta-sts.d7.example.test. CNAME old.example.test.
		_mta-sts.d7.example.test. TXT "v=STSv1; id=1;"
		_mta-sts.d7.example.test. TXT "v=spf1 -all"
	END
	zone sts.example.test </dev/null
	start_named example.test d7.example.test sts.example.test
	ctl records --format nsupdate >"$T/script"
	update "$T/script"
	local id serial
	id() {
		echo "\"v=STSv1; id=$(ctl render "$1" | policy_id);\""
	}
	[ "$(answer cname mta-sts.d3.example.test)" = policies.example.test. ]
	refute grep elsewhere <(answer txt mta-sts.d3.example.test)
	[ "$(answer txt _mta-sts.d3.example.test)" = "$(id d3.example.test
	    )"$'\n'"d3.example.test._mta-sts.sts.example.test." ]
	[ "$(answer txt _mta-sts.d5.example.test)" = "$(id d5.example.test)" ]
	[ "$(answer txt _mta-sts.d7.example.test)" = "$(id d7.example.test)" ]
	[ "$(answer cname mta-sts.d7.example.test)" = policies.example.test. ]
	[ "$(answer txt d8.example.test)" = '"stays"' ]
	[ "$(answer caa policies.example.test | wc -l)" = 2 ]

	serials() {
		answer soa example.test
		answer soa d7.example.test
		answer soa sts.example.test
	}
	serial=$(serials)
	update "$T/script"
	[ "$(serials)" = "$serial" ]
	# One policy changes: one record in our zone does, and nothing else.
	sed -i '/ d2\./s/mx: \[/&new.example.test, /' "$CONF"
	ctl records --format nsupdate >"$T/script"
	update "$T/script"
	[ "$(answer txt _mta-sts.d2.example.test | head -n 1)" = \
	    "$(id d2.example.test)" ]
	[ "$(serials | head -n 2)" = "$(head -n 2 <<<"$serial")" ]
	[ "$(serials)" != "$serial" ]
}

@test "nsupdate: what waits is left as it is" {
	simple
	zone example.com <<<'_mta-sts.example.com. TXT "v=STSv1; id=1;"'
	zone xn--bcher-kva.example </dev/null
	start_named example.com xn--bcher-kva.example
	ctl records --format nsupdate >"$T/script"
	grep '^;_mta-sts.example.com. .*not ready' "$T/script"
	update "$T/script"
	[ "$(answer txt _mta-sts.example.com)" = '"v=STSv1; id=1;"' ]
	[ "$(answer cname mta-sts.example.com)" = policies.example.net. ]
}

@test "nsupdate: no line is so long that its end would be a command" {
	simple
	zone example.com < <(python3 -c '
text = "a" + 254 * "\\001"
print("_mta-sts.example.com. TXT", 170 * f"\"{text}\" ")
print("_smtp._tls.example.com. TXT \"=1+1\"")')
	start_named example.com
	stopped 1 ctl records --diff --format nsupdate example.com
	[ "$(wc -L <"$T/out")" -lt 4096 ]
	grep -qF '; now: a\001' "$T/out"
	stopped 1 ctl records --diff --format csv example.com
	grep -qF ";\"'=1+1\"" "$T/out"
}

@test "nsupdate: 500 domains into an empty zone, and --diff is content" {
	many_domains 500 >"$CONF"
	selfsign
	zone example.test <<<'policies.example.test. A 127.0.0.1'
	start_named example.test
	ctl records --format nsupdate >"$T/script"
	update "$T/script"
	stopped 0 ctl records --diff
	quiet
	[ ! -s "$T/out" ]
	stopped 0 ctl records --diff --format json d7.example.test
	printed <<<'[]'
}

@test "--diff: what is missing, other or too much, and no more" {
	SETTINGS="acme: { agree_to_terms: true }
host: policies.example.test
delegated: sts.example.test"
	conf >"$CONF" <<-END
		defaults: { mode: none, max_age: 1d }
		domains:
		  well.example.test: { tlsrpt: "mailto:a@example.com" }
		  plain.example.test: { delegated: no }
		  other.example.test: { delegated: no, tlsrpt: "mailto:a@example.com" }
		  two.example.test: { delegated: no }
		  none.example.test: { delegated: no }
		  direct.example.test: {}
	END
	selfsign
	local id
	id=$(ctl render well.example.test | policy_id)
	zone example.test <<-END
		policies AAAA ::1
		policies CAA 0 issue "other.example"
		policies CAA 0 issue "letsencrypt.org"
		mta-sts.well CNAME Policies
		_mta-sts.well CNAME well.example.test._mta-sts.sts
		_smtp._tls.well CNAME well.example.test._smtp._tls.sts
		well.example.test._mta-sts.sts TXT "v=STSv1;id=" "$id"
		well.example.test._smtp._tls.sts TXT "v=TLSRPTv1;rua=mailto:a@example.com"
		mta-sts.plain CNAME policies
		_mta-sts.plain CNAME elsewhere
		elsewhere TXT "v=STSv1; id=$id;"
		mta-sts.other CNAME old
		_mta-sts.other TXT "v=STSv1; id=1;"
		_smtp._tls.other TXT "v=TLSRPTv1; rua=mailto:b@example.com"
		mta-sts.two CNAME policies
		_mta-sts.two TXT "v=STSv1; id=$id;"
		_mta-sts.two TXT "v=spf1 -all"
		mta-sts.none A 127.0.0.1
		mta-sts.direct CNAME policies
		_mta-sts.direct TXT "v=STSv1; id=$id;"
		direct.example.test._mta-sts.sts TXT "v=STSv1; id=$id;"
	END
	sed -i '1i $ORIGIN example.test.' "$NAMED/example.test.zone"
	start_named example.test
	stopped 1 ctl records --diff
	quiet
	printed <<-END
		; direct.example.test
		; now: no CNAME
		_mta-sts.direct.example.test. 3600 IN CNAME direct.example.test._mta-sts.sts.example.test.

		; none.example.test
		; now: no CNAME
		mta-sts.none.example.test. 3600 IN CNAME policies.example.test.
		; now: no TXT
		_mta-sts.none.example.test. 3600 IN TXT "v=STSv1; id=$id;"

		; other.example.test
		; now: old.example.test
		mta-sts.other.example.test. 3600 IN CNAME policies.example.test.
		; now: v=TLSRPTv1; rua=mailto:b@example.com
		_smtp._tls.other.example.test. 3600 IN TXT "v=TLSRPTv1; rua=mailto:a@example.com"
		; now: v=STSv1; id=1;
		_mta-sts.other.example.test. 3600 IN TXT "v=STSv1; id=$id;"

		; two.example.test
		; now: v=STSv1; id=$id;  and  v=spf1 -all
		_mta-sts.two.example.test. 3600 IN TXT "v=STSv1; id=$id;"
	END
	stopped 0 ctl records --diff well.example.test plain.example.test \
	    policies.example.test
	stopped 1 ctl records --diff --format csv two.example.test
	printed <<-END
		domain;name;type;ttl;value;ready;live
		two.example.test;_mta-sts.two.example.test;TXT;3600;"v=STSv1; id=$id;";yes;"v=STSv1; id=$id; | v=spf1 -all"
	END
	stopped 1 ctl records --diff --format json two.example.test
	python3 - "$T/out" "$id" <<-'END'
		import json, sys
		rows = json.load(open(sys.argv[1]))
		assert [r["live"] for r in rows] == [
		    ["v=STSv1; id=%s;" % sys.argv[2], "v=spf1 -all"]], rows
	END

	# What it tells is what heals it.
	stopped 1 ctl records --diff --format nsupdate
	update "$T/out"
	stopped 0 ctl records --diff
	[ ! -s "$T/out" ]
}

@test "--diff: what cannot be asked is told, and no more than that" {
	conf >"$CONF" <<-END
		host: policies.example.test
		defaults: { mode: none, max_age: 1d, tlsrpt: "mailto:a@b.example" }
		domains:
		  gone.example.org: {}
		  well.example.test: {}
	END
	selfsign
	ctl records well.example.test >"$T/records"
	zone example.test <<-END
		policies.example.test. A 127.0.0.1
		\$INCLUDE $T/records
	END
	start_named example.test example.org # which has no file: SERVFAIL
	stopped 2 ctl records --diff
	[ ! -s "$T/out" ]
	[ "$(grep -c 'gone.example.org [A-Z]*: not compared: ' "$T/err")" = 3 ]
	[ "$(wc -l <"$T/err")" = 3 ]
	sed -i '/well/s/{}/{ max_age: 2d }/' "$CONF"
	stopped 1 ctl records --diff
	[ "$(grep -c IN "$T/out")" = 1 ]
	complained 'gone.example.org'
	# A host without an address is told in every form.
	sed -i 's/^host: .*/host: none.example.test/' "$CONF"
	stopped 1 ctl records --diff none.example.test --format csv
	complained "left out: none.example.test A: put the IPv4"
}
