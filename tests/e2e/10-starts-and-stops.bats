# SPDX-License-Identifier: ISC
# The command line, and how a start fails.

load lib

prepare() {
	write >"$CONF"
}

write() {
	conf <<-END
		domains:
		$(entries 604800 a.example.com)
	END
}

@test "-V and -h" {
	run "$BIN/mta-stsd" -V
	[ "$status" = 0 ]
	[[ $output == *mta-stsd* ]]
	run "$BIN/mta-stsd" -h
	[ "$status" = 0 ]
	[[ $output == *-c* ]]
	run "$BIN/mta-stsd" -Q
	[ "$status" != 0 ]
}

@test "-n and -t judge the file, tell every fault, and serve nothing" {
	local option
	selfsign
	for option in -n -t; do
		run "$BIN/mta-stsd" "$option" -c "$CONF"
		[ "$status" = 0 ]
	done
	write | sed 's/^workers: .*/workers: many/; s/604800/99999999/' \
	    >"$T/conf/bad.yaml"
	for option in -n -t; do
		run "$BIN/mta-stsd" "$option" -c "$T/conf/bad.yaml"
		[ "$status" = 1 ]
		[[ $output == *bad.yaml:*workers* ]]
		[[ $output == *"max_age 99999999 is above 31557600"* ]]
	done
	refute test -e "$T/state/last-good"
}

@test "no such file is exit 1, and one sentence that says what to do" {
	run "$BIN/mta-stsd" -c "$T/conf/nowhere.yaml"
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
	[[ $output == "error: there is no $T/conf/nowhere.yaml: write it "* ]]
	[[ $output == *"mount a directory with it at $T/conf" ]]
}

@test "a file that may not be read is no file that is not there" {
	[ "$(id -u)" = 0 ] || skip "only root can become another user"
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" 2>/dev/null
	chmod 700 "$T/conf"
	write >"$CONF"
	run setpriv --reuid 65534 --regid 65534 --clear-groups \
	    "$BIN/mta-stsd" -c "$CONF"
	[ "$status" = 1 ]
	[[ $output == *"cannot be read: Permission denied"* ]]
}

@test "an address in use is exit 1, and names it" {
	local first second status=0
	selfsign
	start_daemon
	run "$BIN/mta-stsd" -c "$CONF"
	[ "$status" = 1 ]
	[[ $output == *"$ADDR:$PORT"* ]]
	serves_age 604800 a.example.com
}

@test "started as root it becomes its user before it reads a key" {
	[ "$(id -u)" = 0 ] || skip "only root can become another user"
	local pid id
	id=$(id -u nobody)
	write | sed 's/^user: .*/user: nobody/' >"$CONF"
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" 2>/dev/null
	mkdir -p "$CERTS"
	chown -R nobody "$T/conf" "$CERTS"
	# root makes the state of the user, and then is no more than that user
	selfsign
	[ "$(stat -c '%U %a' "$T/state")" = 'nobody 700' ]
	start_daemon
	serves_age 604800 a.example.com
	for pid in "$MANAGER" $(workers); do
		grep -qE "^Uid:(\s+$id){4}$" "/proc/$pid/status"
		grep -qE '^CapEff:\s+0+$' "/proc/$pid/status"
	done
	entries 604801 a.example.com | {
		write | sed '/^domains:/q; s/^user: .*/user: nobody/'
		cat
	} | sed 's/^user: .*/user: nobody/' | replace "$CONF"
	wait_until 3 "a reload" serves_age 604801 a.example.com
}

@test "a user that does not exist is exit 1, and how to make it" {
	[ "$(id -u)" = 0 ] || skip "only root becomes another user"
	write | sed 's/^user: .*/user: no-such-user/' >"$CONF"
	selfsign
	run "$BIN/mta-stsd" -c "$CONF"
	[ "$status" = 1 ]
	[[ $output == *no-such-user* ]]
	[[ $output == *useradd* || $output == *adduser* ]]
}

@test "plain on a socket in the file system: a proxy of any user may connect" {
	local as=()
	[ "$(id -u)" != 0 ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	LISTEN="plain: \"unix:$T/open/socket\""
	write >"$CONF"
	selfsign
	mkdir -m 755 "$T/open"
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" 2>/dev/null
	start_daemon
	"${as[@]}" curl -sS --fail --unix-socket "$T/open/socket" \
	    http://mta-sts.a.example.com/.well-known/mta-sts.txt |
	    cmp - <(policy enforce 604800 mx.a.example.com)
	# left behind by a crash it is in nobody's way
	kill_daemon
	start_daemon
	curl -sS --fail --unix-socket "$T/open/socket" \
	    http://mta-sts.a.example.com/.well-known/mta-sts.txt |
	    cmp - <(policy enforce 604800 mx.a.example.com)
}

@test "workers hold no privilege" {
	sanitized && skip "the sanitizers' builds leave the sandbox out"
	selfsign
	start_daemon
	local pid
	for pid in $(workers); do
		grep -qE '^NoNewPrivs:\s+1$' "/proc/$pid/status"
		grep -qE '^Seccomp:\s+2$' "/proc/$pid/status"
		refute grep -E '^Cap(Inh|Prm|Eff|Amb):.*[1-9a-f]' \
		    "/proc/$pid/status"
	done
}

@test "what the kernel lacks, or a container hides, is told once, and no error" {
	sanitized && skip "the sanitizers' builds leave the sandbox out"
	selfsign
	start_daemon python3 "$HERE/no_landlock.py"
	serves_age 604800 a.example.com
	[ "$(log_count 'notice: the sandbox lacks Landlock$')" = 1 ]
}

@test "under journald each line begins with its level" {
	selfsign
	LOG_SERVING='^<5>serving [0-9]+ domain'
	expect_log '^<4>.*root'
	# shellcheck disable=SC2016 # the shell that is started expands them
	start_daemon sh -c 'export JOURNAL_STREAM
	    JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)
	    exec "$@"' sh
	log_has "$LOG_SERVING"
}

@test "log.format json is one object a line" {
	ACCESS=on
	write | sed 's/^log: .*/log: { level: info, access: on, format: json }/' \
	    >"$CONF"
	selfsign
	LOG_SERVING='serving [0-9]+ domain'
	start_daemon
	serves_age 604800 a.example.com
	wait_log 'a\.example\.com'
	stop_daemon
	python3 -c 'import json, sys
for line in open(sys.argv[1]): assert isinstance(json.loads(line), dict)' \
	    "$LOG"
}
