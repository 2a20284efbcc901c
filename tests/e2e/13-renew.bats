#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# renew with a uacme that asks nobody: who is ordered, when, and what is kept.

bats_require_minimum_version 1.5.0
load lib

DIRECTORY=https://ca.example/directory
A=mta-sts.a.example.com
B=mta-sts.b.example.com
C=mta-sts.c.example.net
OWN=policies.example.net

prepare() {
	FAKE=$T/fake
	RENEW=$T/state/renew
	RETRY=10m
	ACME=
	PREFLIGHT=off
	WORLD=()
	mkdir -p "$FAKE/say"
	: >"$FAKE/calls"
	configure
}

# configure [DOMAIN...]: by default three domains and `host:`.
configure() {
	local name
	[ $# -gt 0 ] || set -- a.example.com b.example.com c.example.net
	SETTINGS="acme: { agree_to_terms: true, preflight: $PREFLIGHT,
  directory: \"$DIRECTORY\", retry: $RETRY${ACME:+, $ACME} }
${HOST_LINE-host: $OWN}" conf >"$CONF" <<-END
		domains:
		$(for name; do
			domain "$name" testing 604800 mail.example.com
		done)
	END
}

ctl() {
	PATH=$(realpath "$HERE")/fake:$PATH ${WORLD[@]+"${WORLD[@]}"} \
	    "$BIN/mta-stsctl" -c "$CONF" "$@"
}

# ends STATUS COMMAND...: it ends so, with its words in $T/out and $T/err.
ends() {
	local want=$1 got=0
	shift
	"$@" >"$T/out" 2>"$T/err" || got=$?
	[ "$got" = "$want" ] ||
	    fail "exit status $got: $(cat "$T/out" "$T/err")"
}

said() {
	grep -qF -- "$1" "$T/out" || fail "not said: $1: $(cat "$T/out")"
}

complained() {
	grep -qF -- "$1" "$T/err" || fail "no complaint: $1: $(cat "$T/err")"
}

quiet() {
	[ ! -s "$T/err" ] || fail "complained: $(cat "$T/err")"
}

# calls [WORDS...]: exactly these were the calls of uacme since the last look.
calls() {
	diff <([ $# = 0 ] || printf '%s\n' "$@") \
	    <(sed 's/ http-01 tls-alpn-01$//' "$FAKE/calls")
	: >"$FAKE/calls"
}

# state HOST KEY: the value in its state file.
state() {
	sed -n "s/^$2: //p" "$RENEW/$1"
}

# waits HOST SECONDS: its next try is so long after the last.
waits() {
	local got
	got=$(($(date -d "$(state "$1" next)" +%s) - \
	    $(date -d "$(state "$1" tried)" +%s)))
	[ "$got" = "$2" ] || fail "$1 waits $got s: $(cat "$RENEW/$1")"
}

# refuse HOST STATUS TYPE RETRY DETAIL...: as the CA, for HOST or any or new.
refuse() {
	local host=$1
	shift
	echo "problem $*" >"$FAKE/say/$host"
}

# mine HOST FROM TO: a pair as uacme keeps it.
mine() {
	special_pair "$1" "DNS:$1" "$2" "$3"
	(umask 077 && mkdir -p "$CERTS/private/$1")
	mv "$CERTS/$1/key.pem" "$CERTS/private/$1/key.pem"
}

# over HOST: as if the wait of HOST were over.
over() {
	sed -i -e 's/^next: .*/next: 2020-01-01T00:00:00Z/' "$RENEW/$1"
}

# in_supervised STATUS [HOST...]: as the manager does; $NEXT is what it said.
in_supervised() {
	local status=$1
	shift
	ends "$status" ctl renew --supervised "$@"
	NEXT=$(sed -n 's/^next //p' "$T/out")
	[ "$(cat "$T/out")" = "next $NEXT" ] || fail "$(cat "$T/out")"
}

# between LOW VALUE HIGH
between() {
	(($1 <= $2 && $2 <= $3)) || fail "$2 is not from $1 to $3"
}

@test "without an acme section, and where another node renews, nothing is done" {
	conf >"$CONF" <<-END
		domains:
		$(domain example.com testing 604800 mail.example.com)
	END
	ends 2 ctl renew
	complained "has no acme section"
	SETTINGS="acme: { redirect: http://vps1.example.net }" conf >"$CONF" <<-END
		domains:
		$(domain example.com testing 604800 mail.example.com)
	END
	ends 2 ctl renew --dry-run
	complained "http://vps1.example.net; renew there"
	in_supervised 2
	complained "this node never renews"
	[ ! -e "$T/state" ]
	calls
}

@test "wrong usage, and near misses of hosts" {
	local row want
	while IFS='|' read -r row want; do
		# shellcheck disable=SC2086 # a list of words
		ends 2 ctl $row
		complained "$want"
		[ ! -s "$T/out" ]
	done <<-'END'
		renew --forse|renew knows no option --forse
		renew --force|--force wants the hosts
		renew --supervised --dry-run|--supervised is for mta-stsd
		renew a.exampel.com|did you mean a.example.com?
		renew mta-sts.a.exampel.com|did you mean mta-sts.a.example.com?
		renew policis.example.net|did you mean policies.example.net?
		renew a.example.com nonsense|nonsense
		forget|forget takes the name of one host
		forget a b|forget takes the name of one host
		forget --force|forget knows no option --force
	END
	calls
}

@test "a dry run tells all, asks nobody and writes nothing" {
	local before
	mine "$B" '-10 days' '+80 days'
	before=$(cd "$T" && find . ! -path './out' ! -path './err' | sort)
	ends 1 ctl renew --dry-run
	quiet
	diff - "$T/out" <<-END
		$OWN: to be ordered: no certificate
		$A: to be ordered: no certificate
		$C: to be ordered: no certificate
		$(grep "^$B: well: valid until" "$T/out")
		3 of 4 to be tried now; the pace has room for 250
	END
	[ "$(cd "$T" && find . ! -path './out' ! -path './err' | sort)" = "$before" ]
	calls
	ends 1 ctl renew --dry-run a.example.com
	said "1 of 1 to be tried now"
	ends 0 ctl renew --dry-run "$B"
	said "0 of 1 to be tried now"
	ends 0 ctl renew --dry-run --force "$B"
	said "$B: to be ordered: asked for by --force"
	[ ! -e "$T/state" ]
}

@test "every host is issued once, host: first, and is well then" {
	ends 0 ctl renew
	quiet
	calls new "issue $OWN" "issue $A" "issue $B" "issue $C"
	said "$A: issued, valid until"
	said "4 issued, 0 failed, 0 waiting for DNS; 4 of 4 well"
	[ "$(state "$A" outcome)" = issued ]
	[ "$(state "$A" issued-by)" = "$DIRECTORY" ]
	[ "$(grep -c "$DIRECTORY" "$RENEW/orders")" = 4 ]
	ends 0 ctl renew
	calls
	said "0 issued, 0 failed, 0 waiting for DNS; 4 of 4 well"
	ends 0 ctl renew --force "$A" a.example.com
	calls "issue $A"
	[ ! -e "$CERTS/../state/certs" ]
	[ -z "$(find "$RENEW" -name '.*' -type f)" ]
}

@test "the manager's run: lines of a log, and when to come again" {
	in_supervised 0
	[ "$(grep -c '^notice: .*: issued, valid until ' "$T/err")" = 4 ]
	[ "$(wc -l <"$T/err")" = 4 ]
	[ "$NEXT" = 86400 ]
	in_supervised 0
	quiet
	in_supervised 0 gone.example.com "$A"
	quiet
	rm -r "${CERTS:?}/$A" "${RENEW:?}/$A"
	refuse "$A" 403 rejectedIdentifier - not this one
	in_supervised 1 "$A"
	complained "warning: $A: failed: the CA refuses: not this one"
	between 595 "$NEXT" 600
	in_supervised 1
	quiet
}

@test "the order: host:, late ones, new ones, due ones" {
	configure {a,b,c,d,e,f}.example.com
	mine mta-sts.a.example.com '-62 days' '+28 days'
	mine mta-sts.b.example.com '-70 days' '+20 days'
	mine mta-sts.e.example.com '-85 days' '+5 days'
	mine mta-sts.f.example.com '-91 days' '-1 day'
	mine mta-sts.c.example.com '-1 day' '+89 days'
	ends 0 ctl renew
	calls new "issue $OWN" issue\ mta-sts.{f,e,d,b,a}.example.com
}

@test "rfc8555_a4 lives of all lengths are renewed in time" {
	HOST_LINE='' configure {a,b,c,d}.example.com
	mine mta-sts.a.example.com '-83 hours' '+77 hours' # of 160 h: due
	mine mta-sts.b.example.com '-60 hours' '+100 hours'
	mine mta-sts.c.example.com '-330 seconds' '+270 seconds'
	mine mta-sts.d.example.com '-200 seconds' '+400 seconds'
	in_supervised 0
	calls new issue\ mta-sts.{c,a}.example.com
	between 50 "$NEXT" 100
}

@test "files of uacme are kept tidy around an order" {
	local i
	mine "$A" '-80 days' '+10 days'
	: >"$CERTS/$A/cert.pem.tmp"
	for i in 1 2 3 4 5; do
		: >"$CERTS/$A/cert-160000000$i.pem"
	done
	: >"$CERTS/$A/cert-notes.pem"
	ends 0 ctl renew "$A"
	calls new "issue $A"
	[ ! -e "$CERTS/$A/cert.pem.tmp" ]
	[ "$(ls "$CERTS/$A" | wc -l)" = 5 ]
	[ -e "$CERTS/$A/cert-1600000005.pem" ]
	[ ! -e "$CERTS/$A/cert-1600000003.pem" ]
	[ -e "$CERTS/$A/cert-notes.pem" ]
}

@test "what is left in the directory that uacme runs in is no hindrance" {
	mkdir -p "$RENEW/empty/.cache/deep" "$T/spared"
	: >"$RENEW/empty/$A"
	: >"$RENEW/empty/.cache/deep/file"
	: >"$T/spared/file"
	ln -s "$T/spared" "$RENEW/empty/link"
	ends 0 ctl renew "$A"
	calls new "issue $A"
	[ -e "$T/spared/file" ]
}

@test "rfc8555_a8 where no certificate can be stored no order is placed" {
	mkdir -p "$CERTS/$A/cert.pem"
	: >"$CERTS/$B"
	ends 1 ctl renew "$A" "$B" "$C"
	said "$A: failed: no certificate can be stored in $CERTS/$A"
	said "$CERTS/$B, and no order is placed: Not a directory"
	waits "$A" 600
	calls new "issue $C"
	over "$A"
	rmdir "$CERTS/$A/cert.pem"
	ends 0 ctl renew "$A"
	calls "issue $A"
}

@test "keys that a crash left half written are made anew" {
	(umask 077 && mkdir -p "$CERTS/private/$A" "$CERTS/private/$B")
	: >"$CERTS/private/key.pem"
	printf -- '-----BEGIN PRIVATE KEY-----\nMIGHAgEA' \
	    >"$CERTS/private/$A/key.pem"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$CERTS/private/$B/key.pem"
	cp "$CERTS/private/$B/key.pem" "$T/key"
	ends 0 ctl renew "$A" "$B"
	calls new "issue $A" "issue $B"
	cmp "$T/key" "$CERTS/private/$B/key.pem"
}

@test "a pair that was brought into a host's directory does not hide the new one" {
	special_pair "$A" "DNS:$A" '-80 days' '+10 days'
	special_pair "$B" "DNS:$B" '-80 days' '+10 days'
	mv "$CERTS/$B/cert.pem" "$CERTS/$B/fullchain.pem"
	mv "$CERTS/$B/key.pem" "$CERTS/$B/privkey.pem"
	ends 0 ctl renew "$A" "$B"
	said "$A: issued, valid until"
	said "$B: issued, valid until"
	said "set aside"
	[ -e "$CERTS/$A/key.pem.replaced" ]
	[ -e "$CERTS/$B/fullchain.pem.replaced" ]
	ends 0 ctl renew "$A" "$B"
	calls new "issue $A" "issue $B"
}

@test "another pair that lives longer does not make an order again and again" {
	special_pair brought "DNS:$A" '-280 days' '+120 days'
	ends 0 ctl renew "$A"
	calls new "issue $A"
	over "$A"
	ends 0 ctl renew "$A"
	calls
}

@test "rfc8555_a5 one that fails waits longer and longer, and holds up nobody" {
	local pause
	refuse "$A" 403 rejectedIdentifier - not this one
	ends 1 ctl renew
	calls new "issue $OWN" "issue $A" "issue $B" "issue $C"
	said "$A: failed: the CA refuses: not this one"
	said "3 issued, 1 failed"
	[ "$(state "$A" failures)" = 1 ]
	waits "$A" 600
	ends 1 ctl renew
	calls
	ends 1 ctl renew a.example.com
	said "$A: not before"
	calls
	for pause in 3600 21600 86400 86400; do
		over "$A"
		ends 1 ctl renew
		calls "issue $A"
		waits "$A" "$pause"
	done
	rm "$FAKE/say/$A"
	ends 0 ctl renew --force "$A"
	[ -z "$(state "$A" failures)" ]
	calls "issue $A"
}

@test "rfc8555_a5 a limit that names the host holds it as long as the CA says" {
	refuse "$A" 429 rateLimited 7200 \
	    "too many certificates (5) already issued for this exact set of domains: $A"
	ends 1 ctl renew
	calls new "issue $OWN" "issue $A" "issue $B" "issue $C"
	[ "$(state "$A" outcome)" = limited ]
	waits "$A" 7200
}

@test "rfc8555_a5 a limit that names a domain holds all that is below it" {
	refuse "$A" 429 rateLimited 9000 \
	    'too many certificates (50) already issued for \"example.com\"'
	in_supervised 1
	calls new "issue $OWN" "issue $A" "issue $C"
	[ "$(state "$A" outcome)" = limited ]
	[ "$(state "$B" outcome)" = limited ]
	[ "$(state "$B" next)" = "$(state "$A" next)" ]
	[ "$(state "$C" outcome)" = issued ]
	complained "1 more host below example.com waits with it"
	between 8990 "$NEXT" 9000
	in_supervised 1
	quiet
	calls
}

@test "rfc8555_a5 the account's limit stops all until the CA says, but for --force" {
	refuse "$A" 429 rateLimited 9000 too many new orders recently
	in_supervised 1
	calls new "issue $OWN" "issue $A"
	complained "error: no certificate is ordered before"
	between 8990 "$NEXT" 9000
	[ ! -e "$RENEW/$A" ]
	rm "$FAKE/say/$A"
	in_supervised 1
	quiet
	between 8980 "$NEXT" 9000
	ends 1 ctl renew
	complained "no certificate is ordered before"
	calls
	ends 0 ctl renew --force "$A"
	complained "but by --force"
	calls "issue $A"
	ends 0 ctl renew
	calls "issue $B" "issue $C"
}

@test "rfc8555_a5 a CA that fails for three names in a row is left alone" {
	configure {a,b,c,d,e}.example.com
	refuse any 500 serverInternal - out of order
	refuse new 500 serverInternal - out of order
	in_supervised 1
	calls new
	between 595 "$NEXT" 600
	rm "$FAKE/say/new" "$RENEW/pause"
	in_supervised 1
	calls new "issue $OWN" issue\ mta-sts.{a,b}.example.com
	between 3590 "$NEXT" 3600
	waits mta-sts.a.example.com 600
	# Another answer in between, and it is not in a row.
	rm -r "${RENEW:?}"
	HOST_LINE='' configure {a,b,c,d}.example.com
	refuse mta-sts.c.example.com 403 unauthorized - not it
	: >"$FAKE/calls"
	in_supervised 1
	calls new issue\ mta-sts.{a,b,c,d}.example.com
	[ ! -e "$RENEW/pause" ]
}

@test "rejected nonces are tried again at once, and not for ever" {
	refuse "$A" 400 badNonce - no
	ends 1 ctl renew "$A"
	calls new "issue $A" "issue $A" "issue $A" "issue $A"
	said "$A: failed: the CA rejects one nonce after another"
	[ "$(grep -c "$DIRECTORY" "$RENEW/orders")" = 4 ]
	[ -z "$(state "$A" interrupted)" ]
}

@test "an account that is gone is made again, once a run" {
	ends 0 ctl renew "$A"
	rm "$CERTS/private/key.pem"
	ends 0 ctl renew "$B"
	calls new "issue $A" new "issue $B"
	refuse "$C" 400 accountDoesNotExist - no such account
	ends 1 ctl renew "$C"
	calls "issue $C" new "issue $C"
	complained "no certificate is ordered before"
}

@test "another address of the account is told to the CA" {
	ends 0 ctl renew "$A"
	ACME='email: a@example.net' configure
	ends 0 ctl renew --force "$A"
	calls new "issue $A" "update a@example.net" "issue $A"
	configure
	ends 0 ctl renew --force "$A"
	calls update "issue $A"
	# and where the CA knows none any more it is made
	rm "$CERTS/private/key.pem"
	ACME='email: b@example.net' configure
	ends 0 ctl renew --force "$A"
	calls "update b@example.net" "new b@example.net" "issue $A"
}

@test "an account that was refused holds nobody when another one is wanted" {
	refuse new 400 invalidContact - no such address
	ACME='email: a@example.net' configure
	in_supervised 1
	complained "the CA refuses the account: no such address"
	calls "new a@example.net"
	in_supervised 1
	calls
	between 3590 "$NEXT" 3600
	ACME='email: b@example.net' configure
	in_supervised 1
	calls "new b@example.net"
	refuse new 429 rateLimited 900 too many accounts
	ACME='email: c@example.net' configure
	in_supervised 1
	calls "new c@example.net"
	configure
	in_supervised 1
	calls
	between 890 "$NEXT" 900
}

@test "rfc8555_a3 the pace is kept, over runs too" {
	ACME='orders_per_3h: 2' configure
	in_supervised 1
	calls new "issue $OWN" "issue $A"
	complained "info: the pace is used up (acme.orders_per_3h is 2)"
	between 10790 "$NEXT" 10800
	in_supervised 1
	calls
	ends 1 ctl renew --force "$B"
	complained "the pace is used up"
	calls
	sed -i 's/^20..-/2020-/' "$RENEW/orders"
	in_supervised 0
	calls "issue $B" "issue $C"
}

@test "rfc8555_a9 from staging to production every pair is replaced" {
	DIRECTORY=https://staging.example/directory configure
	special_pair brought "DNS:$OWN" '-1 day' '+89 days'
	ends 0 ctl renew
	calls new "issue $A" "issue $B" "issue $C"
	refuse "$B" 403 rejectedIdentifier - no
	DIRECTORY=https://ca.example/directory configure
	ends 0 ctl renew --dry-run "$OWN"
	ends 1 ctl renew --dry-run
	said "$A: to be ordered: its certificate is from https://staging"
	ends 1 ctl renew
	calls new "issue $A" "issue $B" "issue $C"
	[ "$(state "$B" issued-by)" = https://staging.example/directory ]
	rm "$FAKE/say/$B"
	over "$B"
	ends 0 ctl renew
	calls "issue $B"
	ends 0 ctl renew
	calls
}

@test "a pair that is due as it comes, by a wrong clock, is not ordered in a circle" {
	special_pair give "DNS:$A" '-80 days' '+10 days'
	mv "$CERTS/give" "$T/give"
	echo "give $T/give" >"$FAKE/say/$A"
	ends 1 ctl renew "$A"
	said "$A: failed: it is issued, but its certificate ends at"
	waits "$A" 600
	over "$A"
	special_pair give "DNS:$A" '-81 days' '+9 days'
	rm -r "$T/give"
	mv "$CERTS/give" "$T/give"
	ends 1 ctl renew "$A"
	waits "$A" 3600
	rm "$FAKE/say/$A"
	over "$A"
	ends 0 ctl renew "$A"
	calls new "issue $A" "issue $A" "issue $A"
}

@test "a certificate that is not there though uacme says so is a failure" {
	echo nothing >"$FAKE/say/$A"
	ends 1 ctl renew "$A"
	said "$A: failed: "
	waits "$A" 600
}

@test "a state file that is no such is told once and counts as none" {
	ends 0 ctl renew
	calls new "issue $OWN" "issue $A" "issue $B" "issue $C"
	echo nonsense >"$RENEW/$A"
	in_supervised 0
	complained "warning: $RENEW/$A: line 1: is not of a version"
	in_supervised 0
	quiet
	: >"$RENEW/orders"
	echo nonsense >"$RENEW/pause"
	: >"$RENEW/.$A.abcdef"
	rm "$RENEW/$B"
	mkdir "$RENEW/$B"
	ends 0 ctl renew
	complained "pause: line 1"
	complained "$RENEW/$B: is not a regular file; it counts as none"
	[ ! -e "$RENEW/.$A.abcdef" ]
	[ ! -e "$RENEW/$B" ]
	calls
}

# in_world [PREFIX...]: from here on, with a pre-flight, and the names of $T/table.
in_world() {
	PREFLIGHT=on configure
	WORLD=(timeout -k 5 $((60 * SLOW)) unshare --net --pid --fork
	    --mount-proc --kill-child "$HERE/world" "$T/table" "$T/state" "$@")
}

@test "a signal ends a pre-flight that waits for answers" {
	printf '@ 127.0.0.2 good good\n\t* SILENT\n' >"$T/table"
	in_world timeout -k 8 1
	ends 124 ctl renew --supervised
	said "next 0"
	[ ! -e "$RENEW/$A" ]
}

@test "news in a pre-flight: it is finished, and worth an order all the same" {
	in_world timeout -k 30 -s HUP 1
	printf '@ 127.0.0.2 good good\n' >"$T/table"
	printf '\t%s A 127.0.0.2\n' "$OWN" "$A" >>"$T/table"
	printf '\t%s SILENT\n' "$B" >>"$T/table"
	ends 124 ctl renew --supervised
	said "next 0"
	calls new "issue $OWN"
	[ "$(state "$B" outcome)" = "waiting for DNS" ]
	[ ! -e "$RENEW/$A" ]
}

@test "who does not reach us waits, is told once, and goes on when DNS is right" {
	in_world
	printf '@ 127.0.0.2 good good\n' >"$T/table"
	printf '\t%s A 127.0.0.2\n' "$OWN" "$A" >>"$T/table"
	in_supervised 1
	calls new "issue $OWN" "issue $A"
	complained "notice: $B: waiting for DNS: no such name; next look at"
	[ "$(state "$B" outcome)" = "waiting for DNS" ]
	[ "$(state "$B" seen)" = "no such name" ]
	waits "$B" 300
	between 280 "$NEXT" 300
	in_supervised 1
	quiet
	over "$B"
	in_supervised 1
	quiet
	waits "$B" 600
	waits "$C" 300
	ends 1 ctl renew b.example.com
	said "$B: waiting for DNS: no such name"
	waits "$B" 1200
	calls
	printf '\t%s A 127.0.0.2\n' "$B" >>"$T/table"
	in_supervised 0 "$B"
	calls "issue $B"
	[ -z "$(state "$B" seen)" ]
}

# A was looked at just now, and waits for an hour.
waiting_an_hour() {
	mkdir -p "$RENEW"
	cat >"$RENEW/$A" <<-END
		mta-stsd attempt 1
		outcome: waiting for DNS
		tried: $(date -u +%Y-%m-%dT%H:%M:%SZ)
		next: $(date -u -d '1 hour' +%Y-%m-%dT%H:%M:%SZ)
		waits: 4
		directory: $DIRECTORY
		result: waiting for DNS
		seen: no such name
	END
}

@test "a wait for DNS is over where nobody looks at it any more" {
	waiting_an_hour
	HOST_LINE='' PREFLIGHT=on configure a.example.com
	in_supervised 1
	calls
	between 3590 "$NEXT" 3600
	HOST_LINE='' PREFLIGHT=off configure a.example.com
	in_supervised 0
	calls new "issue $A"
	waiting_an_hour
	rm -r "${CERTS:?}/$A"
	HOST_LINE='' PREFLIGHT=on ACME="hook: $T/hook" configure a.example.com
	ends 0 ctl renew
	calls "issue $A"
}

@test "one renew at a time, and no lock outlives its process" {
	ends 0 ctl renew "$A"
	exec 9<"$RENEW/lock"
	flock -n 9
	ends 2 ctl renew
	complained "another renew or forget is at work"
	ends 2 ctl forget gone.example.com
	complained "another renew or forget is at work"
	in_supervised 2
	[ "$NEXT" = 10 ]
	flock -u 9
	exec 9<&-
	ends 0 ctl renew "$B"
}

# behind COMMAND...: in the background; its process in $HELD.
behind() {
	PATH=$(realpath "$HERE")/fake:$PATH "$BIN/mta-stsctl" -c "$CONF" "$@" \
	    >"$T/out" 2>"$T/err" 3>&- &
	HELD=$!
	HELPERS+=("$HELD")
}

ended() {
	local got=0
	wait_until 10 "renew to end" gone "$HELD"
	wait "$HELD" || got=$?
	[ "$got" = "$1" ] || fail "exit status $got: $(cat "$T/out" "$T/err")"
}

called() {
	grep -q "^issue $1" "$FAKE/calls"
}

@test "SIGHUP ends a run after the order in hand" {
	echo slow 1 >"$FAKE/say/$A"
	behind renew --supervised
	wait_until 10 "the order" called "$A"
	kill -HUP "$HELD"
	ended 1
	calls new "issue $OWN" "issue $A"
	[ "$(cat "$T/out")" = "next 0" ]
	[ "$(state "$A" outcome)" = issued ]
}

@test "SIGTERM ends it at once, uacme too, and is nobody's failure" {
	refuse "$A" 403 rejectedIdentifier - no
	ends 1 ctl renew "$A"
	over "$A"
	echo hang >"$FAKE/say/$A"
	behind renew --supervised "$A"
	wait_until 10 "the order" called "$A"
	: >"$FAKE/calls"
	wait_until 10 "the order" called "$A"
	kill -TERM "$HELD"
	ended 2
	[ "$(state "$A" outcome)" = failed ]
	[ "$(state "$A" failures)" = 1 ]
	! pgrep -f "fake/uacme.*$T" || fail "uacme is left"
}

@test "kill -9 in the middle of an order heals by itself, and not in a circle" {
	local i
	echo hang >"$FAKE/say/$A"
	for i in 0 1 2 3; do
		: >"$FAKE/calls"
		behind renew --supervised "$A"
		wait_until 10 "the order" called "$A"
		[ "$(state "$A" outcome)" = trying ]
		kill -9 "$HELD"
		wait "$HELD" || true
		wait_until 5 "uacme to be gone" no_uacme
	done
	: >"$FAKE/calls"
	in_supervised 1 "$A"
	calls
	between 1 "$NEXT" 600
	rm "$FAKE/say/$A"
	sed -i 's/^tried: .*/tried: 2020-01-01T00:00:00Z/' "$RENEW/$A"
	ends 0 ctl renew "$A"
	calls "issue $A"
	[ -z "$(state "$A" interrupted)" ]
}

@test "a certificate that was stored when renew was killed is one" {
	echo murder >"$FAKE/say/$A"
	DIRECTORY=https://staging.example/directory configure
	ends 137 ctl renew --supervised "$A"
	[ "$(state "$A" outcome)" = trying ]
	ends 0 ctl renew "$A"
	calls new "issue $A"
	[ "$(state "$A" outcome)" = issued ]
	[ "$(state "$A" issued-by)" = https://staging.example/directory ]
	configure
	ends 137 ctl renew --supervised "$A"
	ends 0 ctl renew "$A"
	calls new "issue $A"
	[ "$(state "$A" issued-by)" = "$DIRECTORY" ]
}

no_uacme() {
	! pgrep -f "fake/uacme.*$T"
}

finalized() {
	grep -qx "issue $A is finalized" "$FAKE/calls"
}

# The CA has all that it needs: what it issues counts, whoever has it.
@test "the daemon stopped while a CA issues: the certificate is waited for" {
	echo 'late 5' >"$FAKE/say/$A"
	LISTEN='http: off'
	HOST_LINE='' configure a.example.com
	expect_log 'warning: .*no certificate'
	PATH=$(realpath "$HERE")/fake:$PATH start_daemon
	wait_until 10 "the order" finalized
	stop_daemon
	[ -e "$CERTS/$A/cert.pem" ]
	[ "$(state "$A" outcome)" = issued ]
	no_uacme
}

@test "but not for ever, and a second signal ends it at once" {
	local began
	echo 'late 1000' >"$FAKE/say/$A"
	LISTEN='http: off'
	HOST_LINE='' configure a.example.com
	expect_log 'warning: .*no certificate' 'mta-stsctl renew'
	PATH=$(realpath "$HERE")/fake:$PATH start_daemon
	wait_until 10 "the order" finalized
	began=$EPOCHSECONDS
	stop_daemon
	[ $((EPOCHSECONDS - began)) -le 10 ]
	no_uacme
	: >"$FAKE/calls"
	PATH=$(realpath "$HERE")/fake:$PATH start_daemon
	wait_until 10 "the order" finalized
	kill -TERM "$MANAGER"
	wait_log 'notice: stopping'
	began=$EPOCHSECONDS
	stop_daemon
	[ $((EPOCHSECONDS - began)) -le 3 ]
	no_uacme
}

@test "a uacme that somebody else killed is an interrupted try" {
	echo suicide >"$FAKE/say/$A"
	in_supervised 1 "$A" "$B"
	complained "$A: interrupted: uacme was killed"
	calls new "issue $A" "issue $B"
	[ "$(state "$A" outcome)" = trying ]
	[ "$NEXT" = 1 ]
}

# within SIZE OPTIONS COMMAND...: with the state on a file system of its own.
within() {
	local options=$1
	shift
	mkdir -p "$T/state"
	unshare -rm bash -c '
		mount -t tmpfs -o "$1" tmpfs "$2/state"
		[[ $1 != *ro* ]] || mount -o remount,ro "$2/state"
		shift 2
		exec "$@"' - "$options" "$T" "$@"
}

ctl_within() {
	PATH=$(realpath "$HERE")/fake:$PATH within "$1" \
	    "$BIN/mta-stsctl" -c "$CONF" "${@:2}"
}

@test "rfc8555_a8 a full disk: no order is placed" {
	ends 2 ctl_within size=512k renew
	complained "less than 1 MiB is free"
	calls new
	ends 2 ctl_within size=8m,nr_inodes=12 renew --supervised
	complained "no room for more files"
	said "next 600"
	ends 2 ctl_within size=8m,nr_inodes=4 renew
	ends 2 ctl_within size=8m,ro renew
	complained "Read-only file system"
	! grep -q issue "$FAKE/calls" || fail "an order was placed"
}

@test "a broken main file: renewals go on by the last good one" {
	start_daemon
	stop_daemon
	echo '  - [' >>"$CONF"
	ends 0 ctl renew "$A"
	complained "going on with the last good configuration"
	calls new "issue $A"
}

@test "forget: all of a host that has left, and nothing else" {
	ends 0 ctl renew
	ends 2 ctl forget "$A"
	complained "$A is configured"
	ends 2 ctl forget a.example.com
	configure b.example.com c.example.net
	ends 1 ctl forget mta-sts.x.example.com
	complained "did you mean mta-sts.a.example.com?"
	: >"$CERTS/$A/notes"
	ln -s "$CERTS/$B/cert.pem" "$CERTS/$A/chain.pem"
	ends 0 ctl forget a.example.com
	quiet
	said "removed $CERTS/$A/cert.pem"
	said "removed $CERTS/private/$A/key.pem"
	said "removed $RENEW/$A"
	said "left $CERTS/$A/notes: is not known here"
	[ "$(ls "$CERTS/$A")" = notes ]
	[ ! -e "$CERTS/private/$A" ]
	[ -e "$CERTS/$B/cert.pem" ]
	rm "$CERTS/$A/notes"
	ends 0 ctl forget "$A"
	[ ! -e "$CERTS/$A" ]
	ends 1 ctl forget "$A"
}

@test "forget follows no link, and spares what serves another host" {
	mkdir "$T/elsewhere"
	: >"$T/elsewhere/cert.pem"
	ln -s "$T/elsewhere" "$CERTS/mta-sts.x.example"
	ends 0 ctl forget mta-sts.x.example
	said "what that link led to is left"
	[ -e "$T/elsewhere/cert.pem" ]
	[ ! -L "$CERTS/mta-sts.x.example" ]
	special_pair mta-sts.y.example "DNS:mta-sts.y.example,DNS:$A" now '+9 days'
	ends 2 ctl forget mta-sts.y.example
	complained "serves $A, which is configured"
	echo '  d: { mode: nonsense }' >>"$CONF"
	ends 2 ctl forget mta-sts.z.example
	complained "one of these may hide mta-sts.z.example"
}
