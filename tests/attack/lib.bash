# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034 # read by the tests that load this
# What the attacks share, beside what the e2e tests share: a daemon with every
# door open, and the proof after each attack that nothing came of it, which is
# that the same workers live and an honest client is served within a second.

. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.bash"
ATTACK_HERE=$(dirname "${BASH_SOURCE[0]}")
export PYTHONPATH="$HERE"

# short, or long as ATTACK=long asks for: is_long && ...
is_long() {
	[ "${ATTACK:-}" = long ]
}

# size SHORT LONG: what this run shall take.
size() {
	if is_long; then echo "$2"; else echo "$1"; fi
}

# everything [DOMAIN...]: every door open, the configuration in $CONF, its
# pairs made. The redirect keeps it from asking a CA.
everything() {
	[ $# -gt 0 ] || set -- example.com other.example.net
	ACCESS=on
	LISTEN="http: \"$ADDR:8080\", plain: \"$ADDR:8081\""
	SETTINGS='acme: { agree_to_terms: true, redirect: "http://vps1.example.net" }'
	conf <<-END | sed "s|admin: off|admin: \"unix:$T/admin.sock\"|" >"$CONF"
		host: policies.example.net
		domains:
		$(entries 604800 "$@")
	END
	selfsign
	policy enforce 604800 mx.example.com >"$T/policy"
}

# start_attacked: the daemon, and who its workers are.
start_attacked() {
	start_daemon "$@"
	WORKERS_BEFORE=$(workers)
}

# unharmed: the same workers, and all are served, within a second each.
unharmed() {
	[ "$(workers)" = "$WORKERS_BEFORE" ] ||
	    fail "a worker died: $(workers), not $WORKERS_BEFORE"
	honest 8
}

# honest COUNT: so many fetches one after the other, each within a second; of
# two workers both will have served some. From an address of its own, which no
# flood uses up.
honest() {
	local n
	for ((n = 0; n < $1; n++)); do
		fetch mta-sts.example.com /.well-known/mta-sts.txt \
		    --max-time "$SLOW" --interface 127.3.0.1 | cmp - "$T/policy" ||
		    fail "an honest client is not served within a second"
	done
}

# memory: KiB that the workers have for themselves.
memory() {
	local pid sum=0
	for pid in $(workers); do
		sum=$((sum + $(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")))
	done
	echo "$sum"
}

# grown_less BEFORE KIB: of a sanitizer's build memory is no measure.
grown_less() {
	local now
	now=$(memory)
	echo "memory: $1 KiB before, $now after"
	sanitized || [ $((now - $1)) -lt "$2" ] ||
	    fail "the workers grew by $((now - $1)) KiB, not under $2"
}

# strike NAME ARGUMENTS...: one attack of tests/attack/NAME.py.
strike() {
	python3 "$ATTACK_HERE/$1.py" "${@:2}"
}

# strike_behind OUT NAME ARGUMENTS...: in the background, as py_behind.
strike_behind() {
	python3 "$ATTACK_HERE/$2.py" "${@:3}" >"$1" 2>&1 3>&- &
	HELPERS+=($!)
}
