# SPDX-License-Identifier: ISC
# verify in a network of its own: unbound, our daemon, HTTPS and SMTP servers
# that are broken in every way (verify.table), and a sender who agrees (RULES
# C1 to C8, T1 to T3). MTA_STSD_DOMAINS is how many domains are verified at
# once: 100, or what nightly asks for.

load lib

DOMAINS=${MTA_STSD_DOMAINS:-100}
JOBS=16
CHECK_S=10 # how long verify waits for one check

# in_world SECONDS TABLE FUNCTION: there, with what stands below.
in_world() {
	local limit=$1 table=$2 function=$3 status=0
	expect_log 'mta-sts.no-pair.example: no certificate' \
	    'mta-sts.pair-expired.example: .* expired 1 days ago'
	export BIN HERE LOG_SERVING DOMAINS JOBS CHECK_S SLOW T
	timeout -k 5 $((limit * SLOW)) "$HERE/../real/world" \
	    "$HERE/verify-world" "$table" bash -c "set -eu
		$(declare -f serve verify_one run_timed says "$function")
		TABLE=$table
		cd \"\$WORLD/verify\"
		trap 'cp -f *.err log $T 2>/dev/null || true' EXIT
		$function" 3>&- >"$T/said" 2>&1 || status=$?
	[ "$status" != 77 ] || skip "$(cat "$T/said")"
	[ "$status" = 0 ] || fail "$(cat "$T/said")"
	! grep -hE "$LOG_CRASH" "$T"/*.err || fail "it crashed"
}

# --- inside ------------------------------------------------------------------

serve() {
	local i
	"$BIN/mta-stsd" -c served.yaml 2>log &
	for ((i = 0; i < 300 * SLOW; i++)); do
		! grep -qE "$LOG_SERVING" log || return 0
		sleep 0.05
	done
	cat log
	return 1
}

# verify_one CONFIGURATION STATUS: the domains that go with it.
verify_one() {
	local domains status=0
	mapfile -t domains <"$1"
	"$BIN/mta-stsctl" -c "$1.yaml" verify --jobs "$JOBS" --format json \
	    "${domains[@]}" >"$1.json" 2>"$1.err" || status=$?
	[ "$status" = "$2" ] || {
		echo "exit status $status"
		cat "$1.err"
		return 1
	}
}

verify_all() {
	local bare
	serve
	verify_one bare 1 &
	bare=$!
	verify_one homely 1
	wait "$bare"
	python3 "$HERE/judge.py" "$TABLE" homely.json bare.json
	# Most share this MX host, which was asked once by each run (RULES C3).
	[ "$(grep -cx 'mail 127.0.0.25' broken.log)" = 2 ]
}

see() {
	serve
	/usr/bin/python3 "$HERE/sender.py" "$TABLE"
	# As it is meant to be started, too.
	mta-sts-query cname.example | grep -q 'VALID.*mx.example.net'
	mta-sts-query expired.example | grep -q FETCH_ERROR
}

# Nobody's port 25 is open from here: said once, and no fault of a domain.
verify_closed() {
	serve
	grep -E '^(smtp-absent|mx-null|mode-none)\.' homely >some
	mv some homely
	verify_one homely 0
	[ "$(grep -c 'port 25' homely.err)" = 1 ]
	grep -q '"port_25_closed": true' homely.json
	if grep -E '"grade": "(broken|warning)"' homely.json; then return 1; fi
}

# run_timed STATUS: how long the domains in `homely` take, in $MS.
run_timed() {
	local start=${EPOCHREALTIME/./}
	verify_one homely "$1"
	MS=$(((${EPOCHREALTIME/./} - start) / 1000))
}

# says KEY NUMBER: the summary of the last report.
says() {
	grep -q "^  \"$1\": $2,$" homely.json || {
		head -n 12 homely.json
		return 1
	}
}

# All are well; then a tenth has name servers that never answer. These come
# last, and no time of theirs is that of others.
measure() {
	local silent=$((DOMAINS / 10)) before
	serve
	grep '^d' homely >well
	grep '^s' homely >silent
	cp well homely
	run_timed 0
	says ok "$DOMAINS"
	before=$MS
	echo "# $DOMAINS domains verified in $MS ms"
	head -n "$((DOMAINS - silent))" well | cat - silent >homely
	run_timed 1
	says ok "$((DOMAINS - silent))"
	says broken "$silent"
	echo "# the same, and $silent without an answer from DNS: $MS ms"
	((before < 60000 * SLOW))
	# The half for noise: other tests run beside.
	((MS - before <
	    (silent + JOBS - 1) / JOBS * CHECK_S * 1000 + 3000 + before / 2))
}

# --- the tests ---------------------------------------------------------------

@test "each world yields its own finding and no other" {
	in_world 90 "$HERE/verify.table" verify_all
}

@test "a sender agrees" {
	in_world 90 "$HERE/verify.table" see
}

@test "port 25 closed on the way out is said once, and is nobody's fault" {
	in_world 60 "$HERE/verify.table" verify_closed
}

@test "hundreds of domains, some of which DNS never answers for" {
	{
		seq -f 'd%g | mail well | ok' "$DOMAINS"
		seq -f 's%g | zone mute | broken: dns-silent' $((DOMAINS / 10))
	} >"$T/table"
	in_world 240 "$T/table" measure
	grep '^#' "$T/said" >&3
}
