# SPDX-License-Identifier: ISC
# A policy that was served lives on at the senders for its max_age (RFC 8461
# section 8.3): until when is kept, through changes and crashes, and told where
# an mx or a domain is taken away.

bats_require_minimum_version 1.5.0
load lib

DAY=86400
SLACK=60 # a file promises so much ahead
A=a.example.com
B=b.example.com

# write ENTRY...: what `domains:` holds, b.example.com always.
write() {
	conf <<-END
		domains:
		$(domain "$B" enforce 604800 "mx.$B")
		$(printf '%s\n' "$@")
	END
}

prepare() {
	write "$(domain "$A" enforce 604800 mx1.$A mx2.$A)" >"$CONF"
	selfsign
}

# change ENTRY...: and it is live.
change() {
	local before
	before=$(generations)
	write "$@" | replace "$CONF"
	wait_generation "$before"
}

# near MOMENT FROM: it is FROM, in seconds, or a little later.
near() {
	local at
	at=$(date -d "$1" +%s)
	((at >= $2 && at <= $(date +%s) - NOW + $2 + SLACK)) ||
	    fail "$1 is not near $(date -ud "@$2")"
}

# ctl STATUS ARGUMENTS...: $T/out, $T/err.
ctl() {
	local want=$1 got=0
	shift
	"$BIN/mta-stsctl" -c "$CONF" "$@" >"$T/out" 2>"$T/err" || got=$?
	[ "$got" = "$want" ] || fail "exit status $got: $(cat "$T/out" "$T/err")"
}

said() {
	grep -qE -- "$1" "$T/out" || fail "not said: $1: $(cat "$T/out")"
}

# held DOMAIN: until when senders hold it, by status.
held() {
	"$BIN/mta-stsctl" -c "$CONF" status --json 2>/dev/null >"$T/json" || true
	python3 - "$T/json" "$1" <<-'END'
		import json, sys
		all = json.load(open(sys.argv[1]))
		for e in all["hosts"] + all["left"]:
		    if e["domain"] == sys.argv[2]:
		        print(e["held_until"])
	END
}

# told REGEX: the moment that the log names behind it, in its only line.
told() {
	sed -nE "s/^(notice|warning): $1.* until ([^ :]+:[^ ]+Z).*/\2/p" "$LOG"
}

@test "an mx that leaves an enforced policy is told, with the old one's end" {
	start_daemon
	NOW=$(date +%s)
	change "$(domain "$A" enforce 604800 mx2.$A)"
	wait_log 'any more; senders may go by the old one until'
	near "$(told "$A: mx mx1.$A is not in the policy any more")" \
	    $((NOW + 7 * DAY))
	[ "$(log_count 'is not in the policy any more')" = 1 ]
}

@test "an earlier policy with a longer max_age counts, through a restart too" {
	start_daemon
	NOW=$(date +%s)
	change "$(domain "$A" enforce 86400 mx1.$A mx2.$A)"
	stop_daemon
	start_daemon
	change "$(domain "$A" enforce 86400 mx2.$A)"
	wait_log 'any more; senders may go by the old one until'
	near "$(told "$A: mx mx1.$A is not in the policy any more")" \
	    $((NOW + 7 * DAY))
}

@test "an mx that comes, or leaves a policy that nobody enforced, is not" {
	start_daemon
	change "$(domain "$A" enforce 604800 mx2.$A mx1.$A mx3.$A)"
	change "$(domain "$A" testing 604800 mx2.$A mx1.$A mx3.$A)"
	change "$(domain "$A" testing 604800 mx3.$A)"
	[ "$(log_count 'is not in the policy any more')" = 0 ]
}

@test "rfc8461_h15_mode_none_stays_until_no_policy_is_held" {
	start_daemon
	NOW=$(date +%s)
	change "$(domain "$A" none 86400 mx1.$A)"
	local line="$A: senders may keep an earlier policy"
	near "$(told "$line")" $((NOW + 7 * DAY))
	near "$(held "$A")" $((NOW + 7 * DAY))
	near "$(held "$B")" $((NOW + 7 * DAY))
	ctl 0 status
	said "^$A +none .* leave it in mode none until 20[-0-9]+ [0-9:]+ UTC"
	ctl 0 status "$A"
	said '^held until +20[-0-9]+ [0-9:]+ UTC \(in 7 d\)$'
	ctl 0 check --strict

	expect_log "warning: $A: is not served any more, though senders"
	change
	near "$(told "$A: is not served any more, though senders")" \
	    $((NOW + 7 * DAY))
	near "$(held "$A")" $((NOW + 7 * DAY))
	ctl 0 check
	said "mta-stsd.yaml: $A: has left, though senders may keep a policy of it until 20[^ ]+Z: serve mode none until then .*\(warning\)$"
	[ "$(grep -c "$A" "$T/out")" = 1 ]
	ctl 1 check --strict
	ctl 0 status
	said '^Taken out too early; put back in mode none:$'
	said "^  $A  until 20[-0-9]+ [0-9:]+ UTC"
	refute grep -q 'forget' "$T/out"
	ctl 2 status "$A"
	grep -q 'senders may keep a policy of it until .* UTC: put it back' \
	    "$T/err"

	change "$(domain "$A" none 86400 mx1.$A)"
	near "$(held "$A")" $((NOW + 7 * DAY))
	ctl 0 check --strict
	stop_daemon
	near "$(held "$A")" $((NOW + 7 * DAY))
}

@test "what nobody holds any more, or ever did, may leave" {
	local none=c.example.com
	write "$(domain "$A" enforce 1 mx.$A)" \
	    "$(domain "$none" none 86400 mx.$none)" \
	    "$(domain d.example.com enforce 86400 mx.d.example.com)" >"$CONF"
	expect_log "$LOG_NO_PAIR_AT_ALL"
	start_daemon
	# Written behind its moment: what would be so by then.
	stop_daemon
	date -ud '2 hours ago' +'as-of %FT%TZ' >"$T/body"
	sed 1,2d "$T/state/served" >>"$T/body"
	printf 'mta-stsd served 1 %s\n' "$(sha256sum <"$T/body" | cut -c1-64)" |
	    cat - "$T/body" >"$T/state/served"
	write "$(domain "$A" none 1 mx.$A)" >"$CONF"
	start_daemon
	[ "$(held "$A")" = None ]
	ctl 0 status
	said "^$A +none .* nothing: no sender keeps a policy of it"
	ctl 0 check --strict
	change
	[ "$(log_count "^notice: ($A|$none|d.example.com): is not served any more")" = 3 ]
}

# What served before there was such a file is held from now on.
@test "where there is no file, or one that is not whole, last-good counts" {
	start_daemon
	stop_daemon
	NOW=$(date +%s)
	rm "$T/state/served"
	write "$(domain "$A" none 86400 mx1.$A)" >"$CONF"
	start_daemon
	near "$(held "$A")" $((NOW + 7 * DAY))
	stop_daemon

	printf x | dd of="$T/state/served" bs=1 seek=90 conv=notrunc \
	    2>"$T/dd"
	cp "$T/state/served" "$T/cut"
	ctl 0 status
	said '^What senders may keep is not known: .*served: cannot be used: its digest'
	ctl 0 check
	grep -q 'served: cannot be used: .*: until when senders may keep' \
	    "$T/err"
	expect_log 'warning: .*/served: cannot be used: its digest is not that of its bytes: it is set aside as served.corrupt'
	start_daemon
	log_has 'set aside as served.corrupt'
	cmp "$T/cut" "$T/state/served.corrupt"
	fetch "mta-sts.$A" >/dev/null
	near "$(held "$B")" $((NOW + 7 * DAY))
}

@test "a file of a version to come is told, and left alone" {
	start_daemon
	stop_daemon
	printf 'mta-stsd served 2 what nobody knows yet\n' >"$T/state/served"
	cp "$T/state/served" "$T/newer"
	ctl 0 status
	said '^What senders may keep is not known: .*it is of a newer mta-stsd$'
	expect_log 'warning: .*/served: cannot be used: it is of a newer mta-stsd: it is left alone'
	start_daemon
	NOW=$(date +%s)
	change "$(domain "$A" none 86400 mx1.$A)"
	near "$(told "$A: senders may keep an earlier policy")" \
	    $((NOW + 7 * DAY))
	stop_daemon
	cmp "$T/newer" "$T/state/served"
	refute test -e "$T/state/served.corrupt"
}

@test "a full disk is told once, and ends nothing; room is told too" {
	[ "$(id -u)" = 0 ] || skip "not root"
	mkdir -p "$T/state"
	expect_log 'warning: (what senders may still hold|the last good)' \
	    'warning: no challenge of a CA'
	# shellcheck disable=SC2016 # sh's, not ours
	start_daemon unshare -m sh -c '
		mount -t tmpfs -o size=4k none "$0/state"
		head -c 4096 /dev/zero >"$0/state/filler"
		exec "$@"' "$T"
	change "$(domain "$A" enforce 86400 mx1.$A)"
	change "$(domain "$A" enforce 86401 mx1.$A)"
	serves "$A" enforce 86401 "mx1.$A"
	[ "$(log_count 'what senders may still hold is not kept')" = 1 ]
	nsenter -t "$MANAGER" -m rm "$T/state/filler"
	nsenter -t "$MANAGER" -m mount -o remount,size=1m "$T/state"
	change "$(domain "$A" enforce 86402 mx1.$A)"
	wait_log 'what senders may still hold is kept again'
	nsenter -t "$MANAGER" -m grep -q "^$A 86402 " "$T/state/served"
}

# A change a moment before each end, so that some of them are in the write; and
# each time a longer max_age than before, which is the one that counts.
@test "kill -9 at any moment leaves the file whole, and no minute unkept" {
	local i pause
	write "$(domain "$A" none 86400)" \
	    "$(entries 604800 $(many 60))" >"$CONF"
	selfsign
	for i in {1..12}; do
		write "$(domain "$A" enforce $((604800 + i)) mx1.$A)" \
		    "$(entries 604800 $(many 60))" >"$CONF"
		start_daemon
		NOW=$(date +%s)
		write "$(domain "$A" enforce $((86400 + i)) mx1.$A)" \
		    "$(entries $((604800 + i)) $(many 60))" |
		    replace "$CONF"
		reload
		printf -v pause '0.%03d' $((i * 15))
		sleep "$pause"
		kill_daemon
		[ -s "$T/state/served" ]
		near "$(held "$A")" $((NOW + 604800 + i))
		refute test -e "$T/state/served.corrupt"
	done
	ctl 0 check
	refute grep -q served "$T/err"
}
