# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034 # read by the tests that load this
# What the tests with real parts share, beside what the e2e tests share: in
# the world of tests/real/world, a CA (pebble), DNS that the test decides on
# (pebble-challtestsrv), and the daemon, which is told what to serve and left
# alone. Files lie below $T. Words of `renew` stand here alone.

[ -n "${WORLD:-}" ] || {
	echo "run it in a world: tests/real/world bats tests/real/FILE" >&2
	exit 2
}
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.bash"
REAL_HERE=$(dirname "${BASH_SOURCE[0]}")

DNS=127.0.0.53
OUR_HOST=policies.example.net
ELSEWHERE=192.0.2.20 # where another server answers, once there is one
BUNDLE=/etc/ssl/certs/ca-certificates.crt

# What the daemon and renew say.
LOG_NO_PAIR='no certificate.*; it is not served'
LOG_ISSUED='notice: .*: issued'
LOG_PACE='the pace is used up .*room again at 20'
LOG_PAUSED='error: no certificate is ordered before'
LOG_FULL='error: .*no order is placed'
LOG_KILLED='(was killed|interrupted|terminated abnormally)'

# The programs where the daemon's user can reach them, once a world.
programs() {
	local from=$MTA_STSD_BUILD program
	BIN=$WORLD/bin
	[ ! -e "$BIN" ] || return 0
	mkdir -p "$BIN/e2e"
	for program in mta-stsd mta-stsctl uacme-hook e2e/load; do
		install -m 755 "$from/$program" "$BIN/$program"
	done
}

place() {
	T=$(mktemp -d "$WORLD/test.XXXXXX")
	chmod 755 "$T"
	programs
	ADDR=192.0.2.10
	ADDR6=2001:db8::10
	[ -n "$(ip -6 address show to "$ADDR6/128" 2>/dev/null)" ] || ADDR6=
	PORT=443
	HTTPS="\"$ADDR:443\"${ADDR6:+, \"[$ADDR6]:443\"}"
	HTTP="\"$ADDR:80\"${ADDR6:+, \"[$ADDR6]:80\"}"
	DIRECTORY=https://ca.example.net:14000/dir
	RETRY=10s
	CHALLENGES='http-01, tls-alpn-01'
	ACME=
	REDIRECT=
	SECOND=192.0.2.11
	SECOND_PID=
	STATE=$T/state
	install -d -o nobody "$STATE"
}

# short, or long as REAL=long asks for: is_long && ...
is_long() {
	[ "${REAL:-short}" = long ]
}

# What a client that waits leaves in the log hides all the rest.
log_end() {
	grep -vE 'handshake refused|challenge answered|more like these' "$LOG" |
	    tail -n 40
}

# --- DNS -------------------------------------------------------------------

dns_start() {
	pebble-challtestsrv -dns01 "$DNS:53" -management "$DNS:8055" \
	    -http01 "" -https01 "" -tlsalpn01 "" \
	    -defaultIPv4 "" -defaultIPv6 "" >"$T/dns.log" 2>&1 3>&- &
	HELPERS+=($!)
	wait_until 60 "DNS to run" dns clear-a '{"host":"x.example.com"}'
	dns_here "$OUR_HOST"
}

# dns DEED JSON: as pebble-challtestsrv's management has them.
dns() {
	curl -sS --fail -m 5 -o /dev/null -d "$2" "http://$DNS:8055/$1"
}

# dns_a HOST ADDRESS..., dns_aaaa: these and no others; none: it has none.
dns_a() {
	dns_addresses a "$@"
}

dns_aaaa() {
	dns_addresses aaaa "$@"
}

dns_addresses() {
	local kind=$1 host=$2 list
	shift 2
	dns "clear-$kind" "{\"host\":\"$host\"}"
	[ $# -gt 0 ] || return 0
	list=$(printf '"%s",' "$@")
	dns "add-$kind" "{\"host\":\"$host\",\"addresses\":[${list%,}]}"
}

dns_cname() {
	dns set-cname "{\"host\":\"$1\",\"target\":\"$2\"}"
}

dns_caa() {
	dns add-caa "{\"host\":\"$1\",\"policies\":[{\"tag\":\"issue\",\"value\":\"$2\"}]}"
}

# dns_here HOST: all addresses of the daemon.
dns_here() {
	dns_a "$1" "$ADDR"
	dns_aaaa "$1" ${ADDR6:+"$ADDR6"}
}

# point DOMAIN...: what the README has customers do.
point() {
	local domain
	for domain; do
		dns_cname "mta-sts.$domain" "$OUR_HOST"
	done
}

# elsewhere: another server, which knows nothing.
elsewhere() {
	python3 -m http.server 80 --bind "$ELSEWHERE" >/dev/null 2>&1 3>&- &
	HELPERS+=($!)
	wait_until 60 "the other server" curl -sS "http://$ELSEWHERE/"
}

# --- the CA ----------------------------------------------------------------

# ca_start [NAME [SETTING=VALUE...]]: a pebble at NAME, ca or ca2, as /etc/hosts
# has it, with its log in $T/NAME.log and its root in $T/NAME.pem. A setting in
# upper case is one of its environment, others are of its configuration.
ca_start() {
	local name=${1:-ca} setting more='' env=()
	local at=192.0.2.1
	[ "$name" = ca ] || at=192.0.2.2
	shift $(($# > 0))
	for setting; do
		case $setting in
		[A-Z]*) env+=("$setting") ;;
		*) more+=", \"${setting%%=*}\": ${setting#*=}" ;;
		esac
	done
	cat >"$T/$name.json" <<-END
		{ "pebble": { "listenAddress": "$at:14000",
		"managementListenAddress": "$at:15000",
		"certificate": "$WORLD/leaf.pem", "privateKey": "$WORLD/leaf.key",
		"httpPort": 80, "tlsPort": 443, "ocspResponderURL": "",
		"externalAccountBindingRequired": false $more } }
	END
	env PEBBLE_VA_NOSLEEP=1 PEBBLE_AUTHZREUSE=0 PEBBLE_WFE_NONCEREJECT=0 \
	    ${env[@]+"${env[@]}"} pebble -config "$T/$name.json" \
	    -dnsserver "$DNS:53" >>"$T/$name.log" 2>&1 3>&- &
	CA_PID=$!
	HELPERS+=("$CA_PID")
	wait_until 60 "pebble to run" ca_ask "$name" 14000/dir
	ca_ask "$name" 15000/roots/0 >"$T/$name.pem"
	CA=$T/$name.pem
}

ca_ask() {
	curl -sS --fail -m 5 --cacert "$BUNDLE" "https://$1.example.net:$2"
}

# front_start [RULE...]: a CA at localhost that misbehaves by rules, before
# pebble; its log in $T/front.log.
front_start() {
	front_rules "$@"
	python3 "$REAL_HERE/front.py" --port 14443 --rules "$T/rules" \
	    --pebble https://192.0.2.1:14000 --log "$T/front.log" \
	    --cert "$WORLD/leaf.pem" --key "$WORLD/leaf.key" \
	    >"$T/front.out" 2>&1 3>&- &
	HELPERS+=($!)
	wait_until 60 "the front" grep -qx ready "$T/front.out"
	DIRECTORY=https://localhost:14443/dir
}

# front_rules RULE...: from now on; none: it behaves.
front_rules() {
	printf '%s\n' "$@" | replace "$T/rules"
}

# front_count HOST STEP: how often it was asked; regular expressions.
front_count() {
	grep -cE "^$1 $2 " "$T/front.log" || true
}

# orders [NAME]: how many were placed there.
orders() {
	grep -c 'Added order' "$T/${1:-ca}.log" || true
}

# --- the daemon ------------------------------------------------------------

# conf DOMAIN...: the whole configuration. RETRY, CHALLENGES, DIRECTORY and
# ACME (more keys) are of `acme:`, and SETTINGS is more of the top.
conf() {
	cat <<-END
		listen: { https: [$HTTPS], http: [$HTTP], admin: off }
		host: $OUR_HOST
		user: nobody
		workers: $WORKERS
		state: $STATE
		resolver: $DNS
		log: { level: info, access: $ACCESS }
	END
	if [ -n "$REDIRECT" ]; then
		echo "acme: { redirect: \"$REDIRECT\" }"
	else
		acme_conf
	fi
	[ -z "$SETTINGS" ] || printf '%s\n' "$SETTINGS"
	echo domains:
	entries 604800 "$@"
}

acme_conf() {
	cat <<-END
		acme:
		  agree_to_terms: true
		  email: hostmaster@example.net
		  directory: $DIRECTORY
		  challenges: [$CHALLENGES]
		  retry: $RETRY
	END
	[ -z "$ACME" ] || printf '  %s\n' "$ACME"
}

# second COMMAND...: the same with a second daemon, at $SECOND, which sends
# challenges to $REDIRECT.
second() {
	local ADDR=$SECOND HTTPS="\"$SECOND:443\"" HTTP="\"$SECOND:80\""
	local CONF=$T/conf/second.yaml LOG=$T/second.log STATE=$T/second
	local REDIRECT=http://vps1.example.net
	local -n PID=SECOND_PID MANAGER=SECOND_PID
	[ -d "$STATE" ] || install -d -o nobody "$STATE" "$STATE/certs"
	[ -e "$LOG" ] || : >"$LOG"
	"$@"
}

# nothing_runs: neither renew nor what it starts.
nothing_runs() {
	! pgrep -x 'mta-stsctl|uacme|uacme-hook'
}

# served DOMAIN...: each over a connection that the CA's root vouches for.
served() {
	serves_age 604800 "$@"
}

# wait_served SECONDS DOMAIN...: without a knock: nobody asks before it is there.
wait_served() {
	local seconds=$1
	shift
	wait_until "$seconds" "certificates for $*" has_certificates "$@"
	wait_until 10 "them to be served" served "$@"
}

has_certificates() {
	local domain
	for domain; do
		[ -e "$STATE/certs/mta-sts.$domain/cert.pem" ] || return 1
	done
}

# state HOST: its file, nothing where there is none.
state() {
	cat "$STATE/renew/$1" 2>/dev/null || true
}

# state_says HOST REGEX
state_says() {
	grep -qE -- "$2" "$STATE/renew/$1" 2>/dev/null
}

# wait_state SECONDS HOST REGEX
wait_state() {
	wait_until "$1" "the state of $2 to say $3" state_says "$2" "$3" ||
	    fail "it says: $(state "$2")"
}

# state_line HOST KEY
state_line() {
	state "$1" | sed -n "s/^$2: //p"
}

# wait_sight DOMAIN REGEX: no order, since the pre-flight saw that.
wait_sight() {
	wait_state 60 "mta-sts.$1" '^outcome: waiting for DNS$'
	wait_state 60 "mta-sts.$1" "^seen: .*($2)"
}

# --- clients ---------------------------------------------------------------

# figure WORDS: seen also when all is well.
figure() {
	echo "# $*" >&3
}

# since START: the seconds since then, as $EPOCHREALTIME had it.
since() {
	local us=$((${EPOCHREALTIME/./} - ${1/./}))
	printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

# watch DOMAIN...: in the background, until watched; roots are $CA's.
watch() {
	: >"$T/hosts"
	watch_too "$@"
	python3 "$REAL_HERE/watch.py" "$ADDR" 443 "$CA" "$T/hosts" "$T/watch" \
	    3>&- &
	WATCH=$!
	HELPERS+=("$WATCH")
	wait_until 60 "the watch to begin" test -s "$T/watch"
}

watch_too() {
	printf '%s\n' "${@/#/mta-sts.}" >>"$T/hosts"
}

# watched: it has seen nothing wrong; its figures are in $WATCHED.
watched() {
	kill -TERM "$WATCH"
	wait "$WATCH" || fail "$(cat "$T/watch")"
	WATCHED=$(tail -n 1 "$T/watch" | cut -d' ' -f3-)
}

# watched_figure NAME: one of them.
watched_figure() {
	sed -n "s/.*\b$1 \([0-9.-]*\).*/\1/p" <<<"$WATCHED"
}

# knock DOMAIN...: as a sender does who asks too early.
knock() {
	local domain
	for domain; do
		fetch "mta-sts.$domain" >/dev/null 2>&1 || true
	done
}
