#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What `records` prints is what `verify` looks for: put into a real name server
# as a zone or by nsupdate, beside the running daemon, it makes every domain
# well. MTA_STSD_DOMAINS is how many: 100, or what nightly asks for.

bats_require_minimum_version 1.5.0
load lib
load named

DOMAINS=${MTA_STSD_DOMAINS:-100}

# Half of the domains keep their records in our zone.
prepare() {
	local i
	SETTINGS="host: policies.example.test
delegated: sts.example.test"
	conf >"$CONF" <<-END
		defaults: { mode: enforce, max_age: 1w,
		  tlsrpt: "mailto:tlsrpt@example.test" }
		domains:
		$(for ((i = 1; i <= DOMAINS; i++)); do
			echo "  d$i.example.test: { mx: [mail$i.example.test]," \
			    "delegated: $( ((i % 2)) && echo yes || echo no) }"
		done)
	END
	selfsign
}

# The rest of DNS: nothing above, the host, and mail. Then standard input.
zones() {
	zone example.test <<-END
		policies.example.test. A $ADDR
		\$GENERATE 1-$DOMAINS d\$.example.test. MX "10 mail\$.example.test."
		\$GENERATE 1-$DOMAINS mail\$.example.test. A 127.0.0.25
		$(cat)
	END
	cat >"$NAMED/..zone" <<-'END'
		$TTL 60
		. SOA ns.example.test. root.example.test. 1 60 60 60 60
		. NS ns.example.test.
		example.test. NS ns.example.test.
		ns.example.test. A 127.0.0.1
	END
}

ctl() {
	"${WITHIN[@]}" "$BIN/mta-stsctl" -c "$CONF" "$@"
}

# verify STATUS ARGUMENT...: the verdicts, counted, in $T/verdicts.
verify() {
	local want=$1 got=0
	shift
	ctl verify --resolver 127.0.0.1 --ca "$CA" --port "$PORT" --no-smtp \
	    --format json "$@" >"$T/json" 2>"$T/err" || got=$?
	[ "$got" = "$want" ] ||
	    fail "exit status $got: $(head -n 60 "$T/json" "$T/err")"
	[ ! -s "$T/err" ] || fail "complained: $(cat "$T/err")"
	python3 -c '
import collections, json, sys
verdicts = [d["verdict"] for d in json.load(sys.stdin)["domains"]]
for verdict, count in sorted(collections.Counter(verdicts).items()):
    print(count, verdict)' <"$T/json" >"$T/verdicts"
}

# all_well: every one, until a record is taken away, of which one is told.
all_well() {
	verify 0
	diff "$T/verdicts" - <<<"$DOMAINS ok"
	printf '%s\n' 'server 127.0.0.1' 'zone example.test' \
	    'update delete _mta-sts.d4.example.test TXT' \
	    'update delete mta-sts.d7.example.test CNAME' send >"$T/deletions"
	update "$T/deletions"
	verify 1
	diff "$T/verdicts" - <<-END
		1 broken
		$((DOMAINS - 2)) ok
		1 pending
	END
}

@test "the zone of records, loaded: verify finds every domain well" {
	ctl records >"$T/records"
	zones <<<"\$INCLUDE $T/records"
	checked example.test
	start_named . example.test
	start_daemon "${WITHIN[@]}"
	all_well
}

@test "the same by nsupdate" {
	zones </dev/null
	zone sts.example.test </dev/null
	start_named . example.test sts.example.test
	start_daemon "${WITHIN[@]}"
	verify 0
	diff "$T/verdicts" - <<<"$DOMAINS pending"
	ctl records --format nsupdate >"$T/script"
	update "$T/script"
	all_well
}
