#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# import: what is live becomes ours, and no id changes by it. In a network of
# its own, with a resolver and a policy host of somebody else's.

bats_require_minimum_version 1.5.0
load lib

prepare() {
	W=$T/world
	mkdir -p "$W/policies"
	: >"$W/names"
}

# Who is asked for a certificate is every domain of the world.
certificate() {
	{
		printf '[req]\ndistinguished_name=dn\n[dn]\n[ext]\nsubjectAltName='
		sed 's/^/DNS:mta-sts./' "$T/domains" | paste -sd,
	} >"$W/openssl.cnf"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "/CN=throw-away" -days 2 -config "$W/openssl.cnf" \
	    -extensions ext -keyout "$W/key.pem" -out "$W/cert.pem" \
	    2>"$W/openssl.err" || fail "$(cat "$W/openssl.err")"
}

# in_world SECONDS COMMAND...
in_world() {
	local limit=$1
	shift
	timeout -k 5 $((limit * SLOW)) unshare --net --pid --fork \
	    --mount-proc --kill-child "$HERE/live-world" "$W" "$@" 3>&-
}

# import STATUS ARGUMENTS...: in the world; $T/out, $T/err.
import() {
	local want=$1 got=0
	shift
	in_world 60 "$BIN/mta-stsctl" -c "$CONF" import --ca "$W/cert.pem" "$@" \
	    >"$T/out" 2>"$T/err" || got=$?
	[ "$got" = "$want" ] ||
	    fail "exit status $got: $(cat "$T/err")" $'\n' "$(cat "$T/out")"
	! grep -E "$LOG_CRASH" "$T/err" || fail "it crashed"
}

# live DOMAIN ID MX: with the policy on standard input.
live() {
	cat >"$W/policies/$1"
	[ -z "$2" ] ||
	    echo "_mta-sts.$1 TXT \"v=STSv1; id=$2;\"" >>"$W/names"
	printf '%s\n' "mta-sts.$1 CNAME old.host.example" "$1 MX 10 $3" \
	    "$1 A 192.0.2.1" >>"$W/names"
	echo "$1" >>"$T/domains"
}

world() {
	echo "old.host.example A 127.0.0.2" >>"$W/names"
	certificate
}

wrote() {
	grep -qF -- "$1" "$T/out" || fail "not written: $1: $(cat "$T/out")"
}

told() {
	grep -qF -- "$1" "$T/err" || fail "not told: $1: $(cat "$T/err")"
}

# The ids that would be served, "DOMAIN ID" a line.
ids() {
	"$BIN/mta-stsctl" -c "$CONF" status --json >"$T/status.json" || true
	python3 -c 'import json, sys
for host in json.load(open(sys.argv[1]))["hosts"]:
    if host["domain"]:
        print(host["domain"], host["id"])' "$T/status.json" | sort
}

# What verify says once every mta-sts name leads to us: none is broken.
verified() {
	sed -i 's/^old.host.example A .*/old.host.example A 127.0.0.3/' "$W/names"
	sed 's/https: "[^"]*"/https: "127.0.0.3:443"/' "$CONF" \
	    >"$T/conf/inside.yaml"
	# shellcheck disable=SC2016 # the inner shell's
	in_world 60 bash -c '
		"$1/mta-stsd" -c "$2" 2>"$3/inside.log" &
		until grep -q "serving 300" "$3/inside.log"; do sleep 0.05; done
		"$1/mta-stsctl" -c "$2" verify --no-smtp --ca "$4" \
		    --format json >"$3/verified"
		kill -TERM $!
		wait' - "$BIN" "$T/conf/inside.yaml" "$T" "$CA" ||
	    fail "$(tail -n 5 "$T/inside.log")"
	python3 - "$T/verified" <<-'END'
		import json, sys
		found = json.load(open(sys.argv[1]))
		assert found["count"] == 300 and found["broken"] == 0, [
		    (f["code"], f["about"], f["found"])
		    for d in found["domains"] for f in d["findings"]
		    if f["grade"] == "broken"][:5]
		for code in "txt", "https", "policy", "ours", "id":
		    assert sum(f["code"] == code and f["grade"] == "ok"
		        for d in found["domains"]
		        for f in d["findings"]) == 300, code
	END
}

@test "an export of 300 domains moves in, not one id changes, then all do" {
	local i d form names
	for ((i = 0; i < 300; i++)); do
		d=d$i.example.com
		form='cat'
		((i % 7)) || form='tr -d \r'
		((i % 5)) || echo "_smtp._tls.$d TXT \"v=TLSRPTv1;" \
		    "rua=mailto:reports@$d\"" >>"$W/names"
		if ((i % 3)); then
			policy testing 604800 '*.mail.protection.outlook.com'
		else
			policy testing 86400 "mx.$d" "*.backup.$d"
		fi | $form | live "$d" "20231019${i}Z" \
		    "d$i-example-com.mail.protection.outlook.com"
		echo "$d 20231019${i}Z" >>"$T/ids"
	done
	world
	{
		printf '\xef\xbb\xbf"Name";"DomainName";"MX_Record_Pointing_To";'
		printf '"MTA_STS_TXTRecord";"MTA_STS_Policy";"TLSRPT"\r\n'
		while read -r d; do
			printf '"%s";"%s";"mx";"v=STSv1; id=1;";' "$d" "$d"
			printf '"version: STSv1\r\nmode: testing\r\n";"x"\r\n'
		done <"$T/domains"
	} >"$T/export.csv"
	import 0 "$T/export.csv"
	told "300 domains: 300 taken over with their ids, 0 proposed, 0 left out"
	cp "$T/out" "$T/conf/imported.yaml"

	"$BIN/mta-stsd" -n -c "$T/conf/imported.yaml"
	"$BIN/mta-stsctl" -c "$T/conf/imported.yaml" check | tail -n 1 |
	    grep -q '^300 domains, 0 faults'
	conf >"$CONF" <<<'include: [imported.yaml]'
	selfsign
	start_daemon
	diff <(sort "$T/ids") <(ids)
	mapfile -t names <"$T/domains"
	mkdir "$T/want"
	for d in "${names[@]}"; do
		sed 's/\r*$/\r/' "$W/policies/$d" >"$T/want/$d"
	done
	run_load -c 4 -n 600 "$T/want"
	verified

	sed 's/mode: testing/mode: enforce/' "$T/conf/imported.yaml" |
	    replace "$T/conf/imported.yaml"
	# The pins say that they hold no longer, each once.
	expect_log 'warning: .*no longer holds'
	wait_log 'notice: d299.example.com: enforce id'
	[ "$(log_count 'publish: _mta-sts')" = 300 ]
	[ "$(log_count ': enforce id .* \(was testing id 20231019[0-9]+Z\)')" = 300 ]
	ids >"$T/after"
	[ "$(join "$T/after" <(sort "$T/ids") | awk '$2 != $3' | wc -l)" = 300 ]
	sed -i 's/^mode: testing/mode: enforce/' "$T"/want/*
	run_load -c 4 -n 600 "$T/want"
}

@test "what cannot be taken over is left out, and says why" {
	local ok
	ok=$(policy enforce 604800 mail.good.example; echo .)
	ok=${ok%.}
	printf %s "$ok" | live good.example 1 mail.good.example
	printf %s "${ok/good.example/bad.example.}" | live bad.example 2 mail.bad.example
	printf %s "$ok" | live gone.example 3 mail.good.example
	printf %s "$ok" | live html.example 4 mail.good.example
	printf %s "$ok" | live away.example 5 mail.good.example
	printf %s "$ok" | live big.example 6 mail.good.example
	printf %s "$ok" | live hyphen.example a-b mail.good.example
	printf %s "$ok" | live norecord.example '' mail.good.example
	printf %s "$ok" | live servfail.example '' mail.good.example
	printf %s "$ok" | live forbidden.example 7 mail.good.example
	rm "$W/policies/gone.example"
	echo html >"$W/policies/html.example.how"
	echo redirect >"$W/policies/away.example.how"
	echo big >"$W/policies/big.example.how"
	{
		echo '_mta-sts.servfail.example SERVFAIL'
		echo 'forbidden.example CAA 0 issue ca.example'
		echo 'exchange.example MX 10 x.mail.protection.outlook.com'
		echo 'own.example MX 10 mx.own.example'
		echo 'nomail.example MX 0 .'
		echo 'xn--bcher-kva.example MX 10 smtp.google.com'
		echo 'old2.host.example A 127.0.0.2'
		echo 'othername.example MX 10 mail.good.example'
		echo 'mta-sts.othername.example CNAME old.host.example'
		echo '_mta-sts.othername.example TXT "v=STSv1; id=8;"'
	} >>"$W/names"
	world
	printf '%s\n' exchange.example own.example nomail.example othername.example \
	    'Bücher.example' contoso.onmicrosoft.com nosuch.example \
	    'not a domain' | cat "$T/domains" - >"$T/list"
	import 1 "$T/list"
	told "$T/list:18:1: "
	told "contoso.onmicrosoft.com: is left out"
	told "; 1 line at fault"
	wrote '  imported-good.example: { mx: [mail.good.example], max_age: 604800 }'
	wrote '  good.example: { policy: imported-good.example, mode: enforce, id: 1@'
	wrote '# bad.example is left out: what it serves is no valid policy: line 3: mx'
	wrote 'gone.example is left out: its TXT record promises a policy, and there'
	wrote 'status 404'
	wrote 'media type "text/html"'
	wrote 'redirects to "https://elsewhere.example/"'
	wrote 'sends more than 64 KiB'
	wrote '# hyphen.example: the id "a-b" of its TXT record is not 1 to 32 letters and'
	wrote '# norecord.example: a policy is served, but no TXT record tells of it'
	wrote '# servfail.example is left out: its policy is there, but its id could not be'
	wrote '# forbidden.example: before the move: CAA of forbidden.example does not allow'
	wrote 'exchange.example: { policy: imported-exchange-online, mode: testing }'
	wrote '# own.example: { mode: testing, mx: [mx.own.example], max_age: 604800 }'
	wrote '# nomail.example is left out: it takes no mail'
	wrote 'xn--bcher-kva.example: { policy: imported-google-workspace, mode: testing }  # Bücher.example'
	wrote '# nosuch.example is left out: no policy is live'
	wrote 'othername.example is left out: its TXT record promises a policy'
	wrote 'has no certificate'
	cp "$T/out" "$T/conf/imported.yaml"
	"$BIN/mta-stsctl" -c "$T/conf/imported.yaml" check >"$T/check" ||
	    fail "$(cat "$T/check")"

	# What is configured by then is skipped; names of policies stay theirs.
	conf >"$CONF" <<<'include: [imported.yaml]'
	echo two.example | cat "$T/list" - >"$T/list2"
	echo 'two.example MX 10 y.mail.protection.outlook.com' >>"$W/names"
	import 1 "$T/list2"
	told 'good.example: is configured already: skipped'
	wrote '  imported-exchange-online-2: '
	refute grep -q '^  good.example:' "$T/out"
}

@test "a resolver that is silent for some ends none of the others" {
	local i start
	for ((i = 0; i < 4; i++)); do
		policy testing 604800 "mx.d$i.example" | live "d$i.example" "$i" "mx.d$i.example"
	done
	world
	printf '%s SILENT\n' dead.example mta-sts.dead.example \
	    _mta-sts.dead.example _smtp._tls.dead.example >>"$W/names"
	start=$SECONDS
	echo dead.example | cat - "$T/domains" >"$T/list"
	import 1 - <"$T/list"
	((SECONDS - start < 20 * SLOW))
	told "5 domains: 4 taken over with their ids, 0 proposed, 1 left out"
	wrote '# dead.example is left out: it could not be asked for: DNS: no answer in time'
}

@test "no network: a sentence, status 2, and nothing to mistake for a result" {
	local got=0
	printf 'a.example\nb.example\n' >"$T/domains"
	certificate
	timeout -k 5 $((60 * SLOW)) unshare --net "$BIN/mta-stsctl" -c "$CONF" \
	    import --ca "$W/cert.pem" "$T/domains" >"$T/out" 2>"$T/err" ||
	    got=$?
	[ "$got" = 2 ] || fail "exit status $got: $(cat "$T/err")"
	told 'the resolver answers nothing: is there a network?'
	[ ! -s "$T/out" ]
}

@test "wrong usage, no file, no table, a full disk: a sentence and status 2" {
	local row want got
	echo a.example >"$T/domains"
	certificate
	printf 'Name;Domain\nx;a.example\n' >"$T/table"
	printf '\xff\xfea' >"$T/utf16"
	while IFS='|' read -r row want; do
		got=0
		# shellcheck disable=SC2086 # a list of words
		"$BIN/mta-stsctl" -c "$CONF" import $row >"$T/out" 2>"$T/err" ||
		    got=$?
		[ "$got" = 2 ] || fail "$row: exit status $got"
		told "$want"
		[ ! -s "$T/out" ]
	done <<-END
		|import takes one file
		a b|import takes one file
		--jobs x a|--jobs wants a number from 1 to 256, not x
		--jobs 0 a|--jobs wants a number
		--loud a|import knows no option --loud
		$T/nosuch|$T/nosuch
		$T|$T
		$T/table|table:1:1: a table without a column DomainName
		$T/utf16|this is UTF-16
		--ca $T/nosuch $T/domains|$T/nosuch
	END
	got=0
	in_world 30 "$BIN/mta-stsctl" -c "$CONF" import --ca "$W/cert.pem" \
	    "$T/domains" >/dev/full 2>"$T/err" || got=$?
	[ "$got" = 2 ] || fail "exit status $got"
	told 'cannot write to standard output'
	printf 'domains: [\n' >"$CONF"
	got=0
	"$BIN/mta-stsctl" -c "$CONF" import "$T/domains" >"$T/out" 2>"$T/err" ||
	    got=$?
	[ "$got" = 2 ]
	told 'mta-stsd.yaml'
}
