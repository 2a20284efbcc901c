# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034 # read by the tests that load this
# What the tests of the admin process share, beside lib.bash: its socket below
# $T, and what it says there.

LOG_ADMIN_DIED='error: admin process [0-9]+ (was killed|ended|does not answer)'
LOG_NO_ADMIN='warning: no health and no metrics at '

# The settings of a test with an admin socket, as conf has them.
conf_admin() {
	conf | sed "s|admin: off|admin: \"${ADMIN:-unix:$T/admin.sock}\"|"
}

# start_seen [PREFIX...]: and wait until it can be asked.
start_seen() {
	start_daemon "$@"
	wait_until 5 "the admin process" ask /livez
}

# ask PATH [CURL OPTIONS...]: the body; fails where the status is no 200.
ask() {
	curl -sS --fail-with-body --max-time 20 --noproxy '*' \
	    --unix-socket "${SOCKET:-$T/admin.sock}" "${@:2}" \
	    "http://localhost$1"
}

code() {
	ask "$1" -o /dev/null -w '%{http_code}' "${@:2}" 2>/dev/null || true
}

code_is() {
	[ "$(code "$2")" = "$1" ]
}

# status_is EXPRESSION: of python, with s the status.
status_is() {
	ask /status | python3 -c 'import json, sys
s = json.load(sys.stdin)
sys.exit(not eval("(" + sys.argv[1] + ")"))' "$1"
}

# metric NAME[{LABELS}]: its value.
metric() {
	ask /metrics | awk -v name="mta_stsd_$1" '
	    $1 == name { print $2; found = 1 } END { exit !found }'
}

metric_is() {
	[ "$(metric "$1")" = "$2" ]
}

# moves BY NAME[{LABELS}] COMMAND...: the command makes the metric grow so much.
moves() {
	local by=$1 name=$2 before
	before=$(metric "$name")
	shift 2
	"$@"
	wait_until 10 "$name to be $((before + by))" \
	    metric_is "$name" "$((before + by))" ||
	    fail "$name: $(metric "$name"), it was $before"
}

admins() {
	pgrep -P "$MANAGER" -x mta-stsd-admin || true
}

another_admin() {
	[ -n "$(admins)" ] && [ "$(admins)" != "$1" ]
}
