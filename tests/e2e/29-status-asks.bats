# SPDX-License-Identifier: ISC
# status asks the daemon that runs: what it serves that does not stand in the
# files, what it refused, who asked for what nobody configured; and whoever
# answers in its place neither holds status up nor writes on the terminal.

load lib
load admin

HOST=mta-sts.a.example.com

prepare() {
	WORKERS=1
	write a.example.com b.example.com >"$CONF"
	selfsign
}

write() {
	conf_admin <<-END
		domains:
		$(entries 604800 "$@")
	END
}

# status STATUS ARGUMENTS...: $T/out, $T/err.
status() {
	local want=$1 got=0
	shift
	"$BIN/mta-stsctl" -c "$CONF" status "$@" >"$T/out" 2>"$T/err" || got=$?
	[ "$got" = "$want" ] || fail "exit status $got: $(cat "$T/out" "$T/err")"
	refute env LC_ALL=C grep -an '[^ -~]' "$T/out" "$T/err"
}

said() {
	grep -qE -- "$1" "$T/out" || fail "not said: $1: $(cat "$T/out")"
}

# json EXPRESSION: of python, with s what status --json says.
json() {
	"$BIN/mta-stsctl" -c "$CONF" status --json 2>"$T/err" | python3 -c '
import json, sys
s = json.load(sys.stdin)
sys.exit(not eval("(" + sys.argv[1] + ")"))' "$1"
}

# socket_says WHAT: somebody else at the daemon's socket.
socket_says() {
	py_behind "$T/impostor" impostor "$T/admin.sock" "$1"
	wait_until 10 "it to listen" grep -q listens "$T/impostor"
}

# from_files WORDS: so status is, for this reason, told once.
from_files() {
	status 0
	said "^From files alone: $1"
	[ "$(wc -l <"$T/err")" = "${2:-1}" ] || fail "$(cat "$T/err")"
	[ "$(grep -c '^[ab].example.com ' "$T/out")" = 2 ]
}

@test "what it serves, and what stands in the files, are the same" {
	start_seen
	fetch "$HOST" >/dev/null
	status 0
	said '^mta-stsd [0-9.]+ serves generation 1 since .* UTC, 1 of 1 workers$'
	status 0 a.example.com
	said '^served +as it stands here, says mta-stsd$'
	wait_until 5 "a fetch to be counted" json \
	    's["hosts"][0]["fetches"] + s["hosts"][1]["fetches"] == 1'
	json 's["daemon"]["generation"]["number"] == 1 and s["daemon"]["ready"]
	    and not s["daemon_fault"] and not s["lingering"]'
	json '[h["served_id"] == h["id"] for h in s["hosts"]] == [True, True]'
}

@test "what it has not taken yet, or not let go" {
	expect_log 'c.example.com: no certificate' 'b.example.com: is not served any more'
	start_seen
	kill -STOP "$MANAGER"
	conf_admin <<-END >"$CONF"
		domains:
		$(domain a.example.com testing 604800 mail.a.example.com)
		$(domain c.example.com testing 604800 mail.c.example.com)
	END
	status 1 # c has no certificate
	said '^a.example.com .*wait a moment, or reload mta-stsd: mta-stsd still serves the policy [0-9a-f]{20}Z$'
	said '^Not configured, and served still:$'
	said '^  b.example.com$'
	status 1 c.example.com
	said '^served +mta-stsd does not know this host yet$'
	json 's["lingering"] == ["b.example.com"]'
	kill -CONT "$MANAGER"
	wait_log 'now serving 2 domains'
}

@test "a change that was refused, until it is mended" {
	start_seen
	expect_log "$LOG_REFUSED" '^error: .*:[0-9]+:[0-9]+: log.level'
	cp "$CONF" "$T/good"
	sed 's/level: info/level: loud/' "$T/good" | replace "$CONF"
	wait_until 20 "the refusal" status_is 'not s["reload"]["taken"]'
	status 1
	said '^The change of .* UTC was refused: mta-stsctl check$'
	replace "$CONF" <"$T/good"
	wait_until 20 "the reload" status_is 's["reload"]["taken"]'
	status 0
	refute grep -q refused "$T/out"
}

@test "who asked for what is not configured" {
	start_seen
	py hello "$ADDR" "$PORT" --sni mta-sts.new.example
	wait_until 5 "it to be noted" status_is \
	    's["strangers"][0]["host"] == "mta-sts.new.example"'
	status 0
	said '^Asked for, and not configured; '
	said '^  mta-sts.new.example  last .* UTC$'
	json 's["strangers"][0]["host"] == "mta-sts.new.example"'
}

@test "nobody is there, or it is off" {
	from_files "unix:$T/admin.sock: no mta-stsd is there$" 0
	sed -i "s|admin: \"[^\"]*\"|admin: off|" "$CONF"
	from_files 'listen.admin is off$' 0
}

@test "somebody else is there: silent, without end, garbage, another's" {
	local what began
	for what in silent endless garbage empty other; do
		rm -f "$T/admin.sock"
		socket_says "$what"
		began=$SECONDS
		from_files "(unix:$T/admin.sock: |the mta-stsd that runs here serves )"
		((SECONDS - began < 20)) || fail "$what held it up"
	done
}

@test "what it says is shown escaped" {
	rm -f "$T/admin.sock"
	socket_says hostile
	# What it serves is behind, and that is no trouble.
	status 0
	said '^mta-stsd \\x1b\[31m1"'
	said '^  mta-sts\.\\x1b\]0;x\\x07\\x0a\\xc2\\x9b\.example'
	status 0 a.example.com
	said '^served +mta-stsd still serves the policy \\x1b\[2J$'
	json 's["daemon"]["version"].startswith("\x1b[31m1\"")'
}
