#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# status from files: trouble first, and one thing to do for each host.

bats_require_minimum_version 1.5.0
load lib

prepare() {
	ACME="acme: { agree_to_terms: true, directory: \"http://127.0.0.1/d\" }"
	HOME_=policies.example.net
}

# status STATUS ARGUMENTS...: $T/out, $T/err.
status() {
	local want=$1 got=0
	shift
	${AS[@]+"${AS[@]}"} "$BIN/mta-stsctl" -c "$CONF" status "$@" >"$T/out" \
	    2>"$T/err" || got=$?
	[ "$got" = "$want" ] || fail "exit status $got: $(cat "$T/out" "$T/err")"
	! grep -E "$LOG_CRASH" "$T/err" || fail "it crashed"
	! grep -q $'\033' "$T/out" || fail "colour, but no terminal"
}

said() {
	grep -qE -- "$1" "$T/out" || fail "not said: $1: $(cat "$T/out")"
}

told() {
	grep -qF -- "$1" "$T/err" || fail "not told: $1: $(cat "$T/err")"
}

# unseen FILE: it is ASCII, without a control character.
unseen() {
	refute env LC_ALL=C grep -an '[^ -~]' "$1"
}

# line NUMBER REGEX
line() {
	sed -n "$1p" "$T/out" | grep -qE -- "$2" ||
	    fail "line $1 is not $2: $(cat "$T/out")"
}

# attempt HOST, and its lines on standard input.
attempt() {
	mkdir -p "$T/state/renew"
	{
		echo 'mta-stsd attempt 1'
		cat
	} >"$T/state/renew/$1"
}

ago() {
	date -u -d "$1 ago" +%Y-%m-%dT%H:%M:%SZ
}

in_() {
	date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ
}

three() {
	conf >"$CONF" <<-END
		host: $HOME_
		${1-$ACME}
		defaults: { tlsrpt: "mailto:tlsrpt@example.net" }
		domains:
		$(domain a.example enforce 604800 mail.a.example)
		$(domain b.example testing 604800 mail.b.example)
		$(domain c.example none 86400 mail.c.example)
	END
}

# A certificate for HOST alone, of so many days.
pair() {
	three ''
	mkdir -p "$T/made"
	conf >"$T/made.yaml" <<-END
		certs: $T/made
		domains: { ${1#mta-sts.}: { mode: none, max_age: 1d, mx: [] } }
	END
	sed -i "s|^certs: $CERTS\$||" "$T/made.yaml"
	"$BIN/mta-stsctl" -c "$T/made.yaml" selfsign --days "$2" >/dev/null
	mkdir -p "$CERTS/private"
	rm -rf "${CERTS:?}/$1" "$CERTS/private/$1"
	mv "$T/made/$1" "$CERTS/$1"
	mv "$T/made/private/$1" "$CERTS/private/$1"
	three
}

@test "a line a host, trouble first, and what to do" {
	pair mta-sts.a.example 90
	pair mta-sts.c.example -3
	attempt mta-sts.b.example <<-END
		outcome: waiting for DNS
		tried: $(ago '1 minute')
		next: $(in_ '4 minutes')
		directory: http://127.0.0.1/d
		result: waiting for DNS
		seen: no such name
	END
	status 1
	line 1 '^DOMAIN +MODE +ID +CERT +LAST +NEXT +TO DO$'
	line 2 '^c.example +none +[0-9a-f]{20}Z +expired .* run mta-stsd'
	line 3 '^policies.example.net +- +- +none +- +- +run mta-stsd, which'
	line 4 '^b.example +testing +[0-9a-f]{20}Z +none .* set the CNAME mta-sts.b.example to policies.example.net: no such name$'
	line 5 '^a.example +enforce +[0-9a-f]{20}Z +(89|90) d +20[-0-9]+ +20[-0-9]+ +nothing: renews in [56][0-9] d$'
	line 6 '^4 hosts: 1 in trouble, 2 pending, 1 well$'
	# Each column begins where its head does.
	[ "$(awk 'NR < 6 { print index($0, NR == 1 ? "MODE" : $2) }' "$T/out" |
	    sort -u | wc -l)" = 1 ]
}

@test "what the last try came to is told, with what to do about it" {
	local outcome seen result failures grade step at
	three
	while IFS='|' read -r outcome seen result failures grade step; do
		at='directory: http://127.0.0.1/d'
		attempt mta-sts.b.example <<-END
			outcome: $outcome
			tried: $(ago '10 minutes')
			next: $(in_ '50 minutes')
			failures: $failures
			$at
			result: $result
			seen: $seen
		END
		sed -i -E '/^[a-z]+: 0?$/d' "$T/state/renew/mta-sts.b.example"
		status "$((grade == 1))" b.example
		said "^to do +$step"
	done <<-'END'
		waiting for DNS|points to 192.0.2.7, where another server answered|w|0|0|set the CNAME mta-sts.b.example to policies.example.net: points to
		waiting for DNS|port 80 of 192.0.2.7: connection refused|w|0|0|let mta-sts.b.example be reached: port 80
		waiting for DNS|ports 80 and 443 of 192.0.2.7: connection refused|w|0|0|let mta-sts.b.example be reached: ports
		waiting for DNS|CAA of b.example does not allow letsencrypt.org|w|0|0|let CAA allow the CA: CAA of b.example
		waiting for DNS|DNS: SERVFAIL|w|0|0|mend the DNS of mta-sts.b.example: DNS: SERVFAIL
		failed||the CA said no|1|0|mend what failed, or wait 50 min: the CA said no
		failed||the CA said no|3|1|mend what failed, or wait
		limited||too many|0|0|wait 50 min for the CA's limit: too many
		trying|||0|0|wait: it is being ordered
	END
	printf 'mta-stsd pause 1\ndirectory: http://127.0.0.1/d\nsince: %s\nuntil: %s\nwords: over quota\n' \
	    "$(ago '1 minute')" "$(in_ '30 minutes')" >"$T/state/renew/pause"
	rm "$T/state/renew/mta-sts.b.example"
	status 0
	said '^No certificate is ordered before 20.*: over quota$'
	said 'b.example .*wait: the CA is not to be asked now$'
}

@test "one domain: all of it, with its records" {
	pair mta-sts.a.example 90
	attempt mta-sts.a.example <<-END
		outcome: issued
		tried: $(ago '1 hour')
		next: $(ago '59 minutes')
		directory: http://127.0.0.1/d
		issued-by: http://127.0.0.1/d
		result: issued, valid until later
	END
	status 0 A.Example
	said '^domain +a.example$'
	said '^mode +enforce$'
	said '^certificate +valid$'
	said '^  until +20.* UTC \(in (89|90) d\)$'
	said '^last try +issued, valid until later$'
	said '^to do +publish the TXT record, if that was not done yet$'
	said '^mx: mail.a.example$'
	said '^mta-sts.a.example. 3600 IN CNAME policies.example.net.$'
	said '^_smtp._tls.a.example. 3600 IN TXT "v=TLSRPTv1; rua=mailto:tlsrpt@example.net"$'
	said '^_mta-sts.a.example. 3600 IN TXT "v=STSv1; id=[0-9a-f]{20}Z;"$'
	[ "$(wc -l <"$T/out")" -le 24 ]
	# One that replaced another is no news for DNS.
	cp "$CERTS/mta-sts.a.example/cert.pem" \
	    "$CERTS/mta-sts.a.example/cert-1700000000.pem"
	status 0 mta-sts.a.example
	said '^to do +nothing: renews in'
	status 0 "$HOME_"
	said '^host +policies.example.net$'
	status 2 nosuch.example
	told 'nosuch.example'
}

@test "orphans are listed, and what serves somebody is none" {
	pair mta-sts.a.example 90
	pair mta-sts.old.example 90
	mkdir -p "$CERTS/private/mta-sts.half.example" "$CERTS/lineage.example"
	: >"$CERTS/private/key.pem"
	pair mta-sts.b.example 90
	mv "$CERTS/mta-sts.b.example/cert.pem" "$CERTS/lineage.example/fullchain.pem"
	mv "$CERTS/private/mta-sts.b.example/key.pem" "$CERTS/lineage.example/privkey.pem"
	rmdir "$CERTS/mta-sts.b.example" "$CERTS/private/mta-sts.b.example"
	attempt mta-sts.gone.example <<<'outcome: none'
	: >"$T/state/renew/orders"
	status 0
	sed '1,/^Not configured any more:/d' "$T/out" | diff - <(
		echo '  mta-stsctl forget mta-sts.gone.example'
		echo '  mta-stsctl forget mta-sts.half.example'
		echo '  mta-stsctl forget mta-sts.old.example'
	)
	status 0 b.example
	said '^certificate +valid$'
	# A fault may hide whose they are.
	sed -i 's/mode: testing/mode: tseting/' "$CONF"
	status 0
	told 'has faults'
	refute grep -q forget "$T/out"
}

@test "without acme, without pairs, without HTTPS: it says so" {
	three
	rm -r "$CERTS"
	status 0
	said 'a.example .*none .*run mta-stsd'
	mkdir "$CERTS"
	three ''
	status 1
	said 'a.example .*none .*bring a certificate into .*, or let .acme. get one$'
	said '^There is no .acme.: certificates are brought by other means.$'
	three 'acme: { redirect: http://vps1.example.net }'
	status 0
	said 'bring its certificate from the host that renews, http://vps1.example.net$'
	three ''
	sed -i "s/https: \"[^\"]*\"/https: off, plain: \"$ADDR:8080\"/" "$CONF"
	status 0
	said 'a.example .*nothing: its certificate is another'
}

@test "what this user may not read is unknown, and told" {
	pair mta-sts.a.example 90
	mkdir -p "$T/state/renew"
	chmod 700 "$T/state/renew" "$CERTS/private"
	as_nobody
	status 0
	said '^Not all certificates can be seen: .*private.*Permission denied'
	said '^What renew did cannot be seen: .*Permission denied'
	said 'a.example .* \? .*ask as the user of mta-stsd'
}

@test "an entry at fault is trouble, as it is served" {
	three ''
	selfsign
	start_daemon
	stop_daemon
	sed -i 's/mode: enforce/mode: enfroce/' "$CONF"
	status 1
	line 2 '^a.example +enforce .*mend its entry in .*: the last good one is served$'
	echo 'domains: [' >>"$CONF"
	status 1
	told 'this is what was last good'
	said '^b.example +testing '
}

@test "nothing that is told is obeyed by a terminal, or lost" {
	local odd=$T/conf/$'\xff\xc2\x9bm.yaml'
	three
	attempt mta-sts.b.example <<-END
		outcome: failed
		tried: $(ago '10 minutes')
		failures: 1
		directory: http://127.0.0.1/d
		result: the CA said $(printf '\xc2\x9b31m \xff')
	END
	mv "$CONF" "$odd"
	CONF=$odd status 0 --json
	python3 - "$T/out" <<-'END'
		import json, sys
		top = json.load(open(sys.argv[1]))
		assert top["configuration"].endswith("/\\xff\x9bm.yaml"), top
		b = [h for h in top["hosts"] if h["domain"] == "b.example"][0]
		assert b["renewal"]["result"] == "the CA said \x9b31m \\xff", b
	END
	unseen "$T/out"
	CONF=$odd status 0
	unseen "$T/out"
	CONF=$odd status 0 b.example
	said '^file +.*/\\xff\\xc2\\x9bm.yaml'
	unseen "$T/out"
	CONF=$T/conf/$'\xc2\x9b.none' status 2
	unseen "$T/err"
}

@test "json is what the manual says" {
	pair mta-sts.a.example 90
	attempt mta-sts.b.example <<-END
		outcome: waiting for DNS
		tried: $(ago '1 minute')
		next: $(in_ '4 minutes')
		directory: http://127.0.0.1/d
		result: waiting for DNS
		seen: no such name
	END
	attempt mta-sts.gone.example <<<'outcome: none'
	status 0 --json
	python3 - "$T/out" "$HERE/../../ctl/mta-stsctl.1" <<-'END'
		import json, sys
		top = json.load(open(sys.argv[1]))
		assert list(top) == ["configuration", "last_good",
		    "certificates_fault", "state_fault", "served_fault",
		    "daemon", "daemon_fault", "paused_until", "hosts", "left",
		    "orphans", "lingering", "strangers"], list(top)
		assert top["daemon"] is None
		assert top["daemon_fault"] == "listen.admin is off"
		assert top["orphans"] == ["mta-sts.gone.example"]
		hosts = {h["host"]: h for h in top["hosts"]}
		assert list(hosts)[-1] == "mta-sts.a.example", list(hosts)
		own = hosts["policies.example.net"]
		assert own["domain"] is None and own["mode"] is None
		a, b = hosts["mta-sts.a.example"], hosts["mta-sts.b.example"]
		assert list(a) == ["domain", "host", "status", "to_do", "mode",
		    "id", "kept", "served_id", "fetches", "held_until",
		    "certificate", "renewal"], list(a)
		assert a["certificate"]["days_left"] in (89, 90)
		assert a["certificate"]["state"] == "valid"
		assert a["status"] == "well" and not a["kept"]
		assert b["status"] == "pending"
		assert b["renewal"]["seen"] == "no such name"
		assert b["certificate"]["not_after"] is None
		words = open(sys.argv[2]).read()
		for keys in (top, a, a["certificate"], a["renewal"]):
		    for key in keys:
		        assert key in words, key + " is not in the manual"
	END
	status 0 --json a.example
	[ "$(grep -c '"domain"' "$T/out")" = 1 ]
	status 2 --loud
	told 'status knows no option --loud'
	status 2 a b
	told 'status takes the name of one domain'
	status 2 --json nosuch.example
	[ ! -s "$T/out" ]
}
