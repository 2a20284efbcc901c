# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034 # read by the tests that load this
# What the e2e tests share: a daemon of their own, on an address of their own
# (127.64.0.0/10 by the test's process id, so that ports never collide), with
# its files below $T. Each wait has an upper bound and says what it waited
# for. What the daemon logs is judged at the end: an error or a warning that
# no expect_log names is a failure. Words of the log stand here alone.

BIN=${MTA_STSD_BUILD:?the absolute build directory}
HERE=$(dirname "${BASH_SOURCE[0]}")

# What the daemon says, as extended regular expressions.
LOG_SERVING='notice: serving [0-9]+ domain'
LOG_GENERATION='notice: (now )?serving [0-9]+ domain'
LOG_FAULT='^(<[0-3]>|<4>|error: |warning: )'
LOG_CRASH='Sanitizer|runtime error:|[Aa]ssertion'
LOG_REFUSED='error: the configuration stays as it was'
LOG_KEPT='warning: [0-9]+ domains? (is|are) served as last good'
LOG_LAST_GOOD='error: starting with the last good configuration'
LOG_NO_PAIR_AT_ALL='warning: .*: no certificate; it is not served'
LOG_GONE='(notice|warning): .* is not served any more'
LOG_STOPPING='^notice: stopping'
LOG_AS_ROOT='warning: .*root'
LOG_WORKER_DIED='error: worker [0-9]+ (was killed|ended|is not ready)'
LOG_HANDOVER_FAILED='error: the new workers failed'

# Where a test is.
place() {
	local n=$BASHPID
	T=$BATS_TEST_TMPDIR
	ADDR=127.$((64 + (n >> 16 & 63))).$((n >> 8 & 255)).$((n & 255))
	PORT=8443
}

setup() {
	set -u
	export PYTHONDONTWRITEBYTECODE=1
	place
	CONF=$T/conf/mta-stsd.yaml
	CERTS=$T/certs
	CA=$CERTS/ca.pem
	LOG=$T/log
	SLOW=1
	! sanitized || SLOW=4
	PID=
	MANAGER=
	LOAD=
	SETTINGS=
	LISTEN=
	LIMITS=
	WORKERS=2
	ACCESS=off
	EXPECTED=("$LOG_AS_ROOT")
	# A leak check is of no use to a process that is traced: it stops there.
	TRACED=(env "ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0")
	HELPERS=()
	mkdir -p "$T/conf" "$CERTS"
	: >"$LOG"
	if declare -F prepare >/dev/null; then prepare; fi
}

teardown() {
	local helper failed=0
	for helper in ${HELPERS[@]+"${HELPERS[@]}"}; do
		kill -9 "$helper" 2>/dev/null || true
	done
	stop_daemon || failed=1
	judge_log || failed=1
	return "$failed"
}

fail() {
	echo "$*" >&2
	return 1
}

# refute COMMAND...: it must not succeed (`!` does not end a test).
refute() {
	if "$@"; then fail "not wanted: $*"; fi
}

# wait_until SECONDS WHAT COMMAND...; a sanitizer build has four times as long.
# What takes long is asked for less and less often, up to every 0.2 s: to ask
# costs processes, which the others who run beside us lack.
wait_until() {
	local end=$((${EPOCHREALTIME/./} + $1 * SLOW * 1000000)) what=$2
	local ms=20 pause
	shift 2
	until "$@" >/dev/null 2>&1; do
		((${EPOCHREALTIME/./} < end)) || {
			log_end >&2
			fail "waited in vain for: $what"
			return 1
		}
		printf -v pause '0.%03d' "$ms"
		sleep "$pause"
		((ms = ms * 3 / 2, ms < 200 || (ms = 200)))
	done
}

# Is this a sanitizer build? Memory is then no measure, and all is slower.
sanitized() {
	grep -qa __asan_init "$BIN/mta-stsd"
}

# as_nobody: $AS runs a command as a user who owns nothing, but may read $T.
as_nobody() {
	[ "$(id -u)" = 0 ] || skip "not root"
	AS=(setpriv --reuid 65534 --regid 65534 --clear-groups --)
	chmod a+x "$BATS_RUN_TMPDIR" "${T%/*}"
	chmod 755 "$T" "$T/conf"
	"${AS[@]}" test -r "$CONF" -a -x "$BIN/mta-stsctl" ||
	    skip "another user does not get here"
}

# --- configuration ---------------------------------------------------------

# The settings of a test, then what stands on standard input.
conf() {
	cat <<-END
		listen: { https: "$ADDR:$PORT", admin: off${LISTEN:+, $LISTEN} }
		user: root
		workers: $WORKERS
		state: $T/state
		certs: $CERTS
		log: { level: info, access: $ACCESS }
		limits: { leaving: 30%${LIMITS:+, $LIMITS} }
	END
	[ -z "$SETTINGS" ] || printf '%s\n' "$SETTINGS"
	cat
}

# Write standard input into FILE as it is, so that its inode stays. All of it
# at once: what stands half written for long may be read so.
edit() {
	local text
	text=$(cat)
	printf '%s\n' "$text" >"$1"
}

# Write standard input beside FILE, then rename it over FILE.
replace() {
	cat >"$1.new~"
	mv -f "$1.new~" "$1"
}

# domain NAME MODE MAX_AGE MX...: an entry of `domains:`.
domain() {
	local head="  $1: { mode: $2, max_age: $3, mx: ["
	shift 3
	printf '%s' "$head"
	printf '"%s", ' "$@"
	printf '] }\n'
}

# policy MODE MAX_AGE MX...: the bytes as they must be served.
policy() {
	local mode=$1 max_age=$2
	shift 2
	printf 'version: STSv1\r\nmode: %s\r\n' "$mode"
	[ $# = 0 ] || printf 'mx: %s\r\n' "$@"
	printf 'max_age: %s\r\n' "$max_age"
}

# The id of the bytes on standard input.
policy_id() {
	sha256sum | cut -c1-20 | sed 's/$/Z/'
}

# bodies DIR MAX_AGE DOMAIN...: what `load` shall find, a file a domain.
bodies() {
	local dir=$1 max_age=$2 name
	shift 2
	mkdir -p "$dir"
	for name; do
		policy enforce "$max_age" "mx.$name" >"$dir/$name"
	done
}

# entries MAX_AGE DOMAIN...: the entries that go with bodies.
entries() {
	local max_age=$1 name
	shift
	for name; do
		domain "$name" enforce "$max_age" "mx.$name"
	done
}

# many COUNT: names of domains.
many() {
	seq -f 'd%g.example.com' "$1"
}

selfsign() {
	"$BIN/mta-stsctl" -c "$CONF" selfsign "$@" >"$T/selfsign.out" 2>&1 ||
	    fail "selfsign: $(cat "$T/selfsign.out")"
}

# --- the daemon ------------------------------------------------------------

# launch [PREFIX...]: start it, and wait for nothing.
launch() {
	"$@" "$BIN/mta-stsd" -c "$CONF" >>"$T/stdout" 2>>"$LOG" 3>&- &
	PID=$!
	MANAGER=$PID
}

# start_daemon [PREFIX...]: and wait until it serves.
start_daemon() {
	local before
	before=$(log_count "$LOG_SERVING")
	launch "$@"
	wait_until 30 "the daemon to serve" served_or_gone "$before"
	is_running || fail "the daemon ended: $(cat "$LOG")"
	manager_find
}

served_or_gone() {
	! is_running || (($(log_count "$LOG_SERVING") > $1))
}

# With a prefix that forks, the manager is the prefix's child.
manager_find() {
	MANAGER=$PID
	until grep -qx mta-stsd "/proc/$MANAGER/comm"; do
		MANAGER=$(pgrep -o -P "$MANAGER")
		[ -n "$MANAGER" ] || fail "no manager found"
	done
}

# gone PID: it has ended, waited for or not.
gone() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	[[ ${stat##*) } == [ZX]* ]]
}

is_running() {
	[ -n "$PID" ] && ! gone "$PID"
}

# stop_daemon: SIGTERM, exit 0 within its deadlines, no process left.
stop_daemon() {
	local status=0 left
	[ -n "$PID" ] || return 0
	left=$(workers)
	kill -TERM "$MANAGER" 2>/dev/null || true
	wait_until 15 "the daemon to end" gone "$PID" || kill -9 "$PID"
	wait "$PID" || status=$?
	PID=
	[ "$status" = 0 ] || fail "the daemon's exit status: $status"
	none_alive $left || fail "workers outlive the daemon: $left"
}

# kill_daemon: as by a crash; its workers must end by themselves.
kill_daemon() {
	local left
	left=$(workers)
	kill -9 "$MANAGER"
	wait "$PID" 2>/dev/null || true
	PID=
	wait_until 5 "the workers to end" none_alive $left
}

none_alive() {
	local pid
	for pid; do
		gone "$pid" || return 1
	done
}

workers() {
	pgrep -P "$MANAGER" -x mta-stsd || true
}

reload() {
	kill -HUP "$MANAGER"
}

# reload_and_wait: until a next generation lives.
reload_and_wait() {
	local before
	before=$(log_count "$LOG_GENERATION")
	reload
	wait_generation "$before"
}

# wait_generation BEFORE [SECONDS]: more hand-overs than BEFORE.
wait_generation() {
	wait_until "${2:-10}" "a new generation" more_generations "$1"
}

more_generations() {
	(($(log_count "$LOG_GENERATION") > $1))
}

generations() {
	log_count "$LOG_GENERATION"
}

# --- the log ---------------------------------------------------------------

log_end() {
	tail -n 20 "$LOG"
}

log_count() {
	grep -cE -- "$1" "$LOG" || true
}

log_has() {
	grep -qE -- "$1" "$LOG"
}

wait_log() {
	wait_until "${2:-10}" "the log to say $1" log_has "$1"
}

# expect_log REGEX...: lines that are no failure of this test.
expect_log() {
	EXPECTED+=("$@")
}

judge_log() {
	local lines expected
	lines=$(grep -aE "$LOG_FAULT|$LOG_CRASH" "$LOG" || true)
	for expected in "${EXPECTED[@]}"; do
		lines=$(grep -avE -- "$expected" <<<"$lines" || true)
	done
	[ -z "$lines" ] || fail "unexpected on standard error" \
	    "($(wc -l <<<"$lines") lines):"$'\n'"$(head -n 20 <<<"$lines")"
}

# --- clients ---------------------------------------------------------------

# fetch HOST [PATH] [CURL OPTIONS...]: the body on standard output.
fetch() {
	local host=$1 path=${2:-/.well-known/mta-sts.txt}
	shift $(($# > 1 ? 2 : 1))
	curl -sS --fail --max-time 10 --noproxy '*' --cacert "$CA" \
	    --connect-to "::$ADDR:$PORT" "$@" "https://$host$path"
}

# serves DOMAIN MODE MAX_AGE MX...: is exactly this its policy?
serves() {
	local name=$1
	shift
	cmp <(fetch "mta-sts.$name") <(policy "$@")
}

# serves_age MAX_AGE DOMAIN...: as entries and bodies have them.
serves_age() {
	local max_age=$1 name
	shift
	for name; do
		serves "$name" enforce "$max_age" "mx.$name" || return 1
	done
}

# answers WANTED OPTIONS...: the first word to a ClientHello made by hand.
answers() {
	local wanted=$1 got
	shift
	got=$(py hello "$ADDR" "$PORT" "$@")
	[[ $got =~ ^($wanted)$ ]] || fail "$*: $got, not $wanted"
}

# sclient NAME OPTIONS...: one whole exchange by openssl(1).
sclient() {
	local name=$1
	shift
	printf 'GET / HTTP/1.0\r\n\r\n' |
	    timeout 20 openssl s_client -connect "$ADDR:$PORT" -CAfile "$CA" \
	        -servername "$name" -ign_eof "$@" 2>&1
}

# The certificates that are shown for NAME, each as one line of base64.
chain_shown() {
	sclient "$1" -showcerts | pem_lines
}

pem_lines() {
	awk '/BEGIN CERT/ { on = 1; text = ""; next }
	    /END CERT/ { on = 0; print text }
	    on { text = text $0 }' "$@"
}

# start_load OPTIONS... DIR...: in the background, until end_load.
start_load() {
	"$BIN/e2e/load" -a "$ADDR" -p "$PORT" -C "$CA" "$@" \
	    >"$T/load.out" 2>&1 3>&- &
	LOAD=$!
	HELPERS+=("$LOAD")
	wait_until 20 "the load to run" grep -q '^started' "$T/load.out" ||
	    fail "$(cat "$T/load.out")"
}

# end_load: it must not have failed once.
end_load() {
	kill -TERM "$LOAD" 2>/dev/null || true
	if ! wait "$LOAD"; then
		fail "the load failed: $(cat "$T/load.out")"
	fi
	LOAD=
}

run_load() {
	"$BIN/e2e/load" -a "$ADDR" -p "$PORT" -C "$CA" "$@"
}

py() {
	python3 "$HERE/$1.py" "${@:2}"
}

# py_behind OUT NAME ARGUMENTS...: in the background; $! is the program's own.
py_behind() {
	python3 "$HERE/$2.py" "${@:3}" >"$1" 2>&1 3>&- &
	HELPERS+=($!)
}

# --- certificates with openssl(1), for what selfsign does not make ----------

# special_ca: a root, once a test.
special_ca() {
	[ ! -e "$T/special/ca.key" ] || return 0
	mkdir -p "$T/special"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/special/ca.key" -out "$T/special/ca.pem" -days 30 \
	    -subj '/CN=special root' 2>/dev/null
	: >"$T/special/index"
	cat >"$T/special/ca.cnf" <<-END
		[ca]
		default_ca = d
		[d]
		dir = $T/special
		new_certs_dir = $T/special
		database = $T/special/index
		rand_serial = yes
		unique_subject = no
		copy_extensions = copy
		default_md = sha256
		policy = p
		certificate = $T/special/ca.pem
		private_key = $T/special/ca.key
		[p]
		commonName = optional
	END
}

# special_pair DIR NAMES FROM TO [EXTENSION]: a pair below $CERTS/DIR by the
# special root. NAMES as in subjectAltName, FROM and TO as date(1) reads them.
special_pair() {
	local dir=$CERTS/$1
	special_ca
	mkdir -p "$dir"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$dir/key.pem" -out "$T/special/csr" -subj / \
	    -addext "subjectAltName=$2" ${5:+-addext "$5"} 2>/dev/null
	openssl ca -batch -notext -config "$T/special/ca.cnf" \
	    -in "$T/special/csr" -out "$dir/cert.pem" \
	    -startdate "$(date -u -d "$3" +%Y%m%d%H%M%SZ)" \
	    -enddate "$(date -u -d "$4" +%Y%m%d%H%M%SZ)" 2>"$T/special/err" ||
	    fail "openssl ca: $(cat "$T/special/err")"
	chmod 600 "$dir/key.pem"
}
