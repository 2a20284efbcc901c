# SPDX-License-Identifier: ISC
# What a worker that was taken over could do, and who gets at the keys.

load lib

prepare() {
	NAMES=(a.example.com)
	SECRET=$CERTS/private/mta-sts.a.example.com/key.pem
	conf >"$CONF" <<-END
		domains:
		$(entries 604800 "${NAMES[@]}")
	END
	selfsign
}

# Where there is none the daemon says so, and nobody else: it is not tested.
needs_sandbox() {
	local lacks
	lacks=$(grep -o 'the sandbox lacks .*' "$LOG") || return 0
	[ "$(grep -c 'the sandbox lacks' "$LOG")" = 1 ]
	if sanitized; then
		[ "$lacks" = 'the sandbox lacks all of it (built without)' ]
	fi
	skip "$lacks"
}

@test "each call of a worker that is taken over is denied as it should be" {
	local pid
	[ "$(uname -m)" = x86_64 ] || skip "captive knows x86-64 alone"
	[ "$(id -u)" = 0 ] || skip "not root"
	start_daemon
	needs_sandbox
	pid=$(workers | head -n 1)
	"$BIN/e2e/captive" "$pid" "$SECRET" "$T/new"
	[ ! -e "$T/new" ]
	# It never knew.
	serves_age 604800 "${NAMES[@]}"
	workers | grep -qx "$pid"
}

@test "a build without the sandbox says so" {
	sanitized || skip "this one has it"
	start_daemon
	[ "$(log_count 'notice: the sandbox lacks all of it \(built without\)$')" = 1 ]
}

# not_his FILE: its user may not read it, and what there is of it is root's.
not_his() {
	refute "${AS[@]}" head -c 1 "$1"
	[ "$(stat -c %u "$1")" = 0 ]
}

@test "neither manager nor worker is open to others of its user, or to a dump" {
	local pid other
	as_nobody
	mkdir -p "$T/state"
	chown -R 65534:65534 "$T/state" "$CERTS"
	EXPECTED=()
	start_daemon "${AS[@]}"
	serves_age 604800 "${NAMES[@]}"
	for pid in "$MANAGER" $(workers); do
		[ "$(awk '/^Uid/ { print $2 }' "/proc/$pid/status")" = 65534 ]
		not_his "/proc/$pid/mem"
		not_his "/proc/$pid/environ"
		not_his "/proc/$pid/maps"
		grep -qE '^Max core file size +0 +0 ' "/proc/$pid/limits"
	done
	# Another program of his is.
	"${AS[@]}" sleep 60 3>&- &
	other=$!
	HELPERS+=("$other")
	wait_until 5 "another program" grep -qx sleep "/proc/$other/comm"
	"${AS[@]}" head -c 1 "/proc/$other/environ" >/dev/null
}

@test "keys lie in memory that no dump takes, and nowhere else" {
	local pid
	sanitized && skip "the sanitizers keep what was freed"
	[ "$(id -u)" = 0 ] || skip "not root"
	start_daemon
	# Every worker parses it.
	for _ in {1..20}; do
		serves_age 604800 "${NAMES[@]}"
	done
	for pid in "$MANAGER" $(workers); do
		py keys "$pid" "$SECRET" || fail "$pid of manager $MANAGER"
	done
}

# holds_none_of FILE KEY_FILE: no eight characters of the key.
holds_none_of() {
	refute grep -qFf <(grep -v -e '^-----' "$2" | fold -w 8 | grep ........) \
	    "$1"
}

judged() {
	(($(log_count '^info: nothing that is served has changed$') >= $1))
}

@test "nothing of a key is ever in the log, whatever is wrong with it" {
	local key=$T/key n
	expect_log '^warning: certificate .*; its last good one is kept'
	sed -i 's/level: info/level: debug/' "$CONF"
	cp "$SECRET" "$key"
	start_daemon
	for n in 1 2 3 4; do
		case $n in
		1) head -c 100 "$key" ;;
		2) sed '2s/./%/' "$key" ;;
		3) grep -v BEGIN "$key" ;;
		4) sed '2y/ABCDEFabcdef/FEDCBAfedcba/' "$key" ;;
		esac | replace "$SECRET"
		reload
		wait_until 10 "reload $n" judged "$n"
	done
	log_has 'key\.pem: is cut short or garbled'
	holds_none_of "$LOG" "$key"
	serves_age 604800 "${NAMES[@]}"
}

# has WHAT REGEX COMMAND...: of what readelf tells.
has() {
	"${@:3}" | grep -qE -- "$2" || fail "$program: no $1"
}

@test "both programs are PIE, RELRO, NX, with canaries and fortified" {
	local program
	for program in "$BIN/mta-stsd" "$BIN/mta-stsctl"; do
		has PIE 'Type: +DYN' readelf -hW "$program"
		has "loader" INTERP readelf -lW "$program"
		has RELRO GNU_RELRO readelf -lW "$program"
		has "full RELRO" 'BIND_NOW|FLAGS_1.*NOW' readelf -dW "$program"
		has NX 'GNU_STACK.* RW +0x' readelf -lW "$program"
		refute grep -qE 'LOAD.* RWE ' <(readelf -lW "$program")
		refute grep -qE 'RPATH|RUNPATH|TEXTREL' <(readelf -dW "$program")
		has canary __stack_chk_fail readelf --dyn-syms -W "$program"
		[[ ${BIN##*/} != release* ]] || has fortify '__[a-z]+_chk@' \
		    readelf --dyn-syms -W "$program"
	done
}
