# SPDX-License-Identifier: ISC
# A policy that was enforced lives on at the senders for its max_age (RFC 8461
# section 8.3): a change that takes an mx away says until when.

load lib

write() { # MODE MX...
	local mode=$1 list
	shift
	list=$(IFS=, && echo "$*")
	conf <<-END
		domains:
		  a.example.com: { mode: $mode, max_age: 604800, mx: [$list] }
	END
}

prepare() {
	write enforce mx1.example.com mx2.example.com >"$CONF"
	selfsign
}

# change MODE MX...: and it is live.
change() {
	local before
	before=$(generations)
	write "$@" | replace "$CONF"
	wait_generation "$before"
}

# told MX: the moment, in seconds, that the log names for it.
told() {
	local words="a\.example\.com: mx $1 is not in the policy any more"
	date -d "$(sed -nE "s/^notice: $words; .* until ([^ ]+Z)\$/\1/p" "$LOG")" +%s
}

@test "an mx that leaves an enforced policy is told, with the old one's end" {
	start_daemon
	local before at
	before=$(date +%s)
	change enforce mx2.example.com
	wait_log 'any more; senders may go by the old one until'
	at=$(told 'mx1\.example\.com')
	[ "$at" -ge $((before + 604800)) ]
	[ "$at" -le $(($(date +%s) + 604800)) ]
	[ "$(log_count 'is not in the policy any more')" = 1 ]
}

@test "an mx that comes, or leaves a policy that nobody enforced, is not" {
	start_daemon
	change enforce mx2.example.com mx1.example.com mx3.example.com
	change testing mx2.example.com mx1.example.com mx3.example.com
	change testing mx3.example.com
	[ "$(log_count 'is not in the policy any more')" = 0 ]
}
