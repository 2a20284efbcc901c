# SPDX-License-Identifier: ISC
# Each system call of a start, a fetch, a reload and a renewal fails once, each
# in a life of its own, and so does each allocation: every life ends in words
# and a status, or goes on and serves what is right.

load lib

prepare() {
	place_for_lives
	expect_log '.'
}

# place_for_lives: what inject.py starts from.
place_for_lives() {
	CERTS=$T/certs
	WORKERS=1
	conf <<-END >"$CONF"
		domains:
		$(domain example.com enforce 604800 mx.example.com)
	END
	selfsign
	sed -e "s|$ADDR:$PORT|LISTEN|" -e "s|$T/state|STATE|" "$CONF" >"$T/conf.life"
	mkdir "$T/lives"
	mv "$T/conf.life" "$T/lives/conf"
	ln -s "$CERTS" "$T/lives/certs"
	policy enforce 604800 mx.example.com >"$T/lives/old"
	policy enforce 604801 mx.example.com >"$T/lives/new"
}

# lives STEP ROLE...: every STEP-th of them fails in a life of its own.
lives() {
	# A leak check is of no use to a process that is traced: it stops there.
	! sanitized || TRACED+=(SANITIZED=1)
	"${TRACED[@]}" SLOW="$SLOW" python3 "$ATTACK_HERE/inject.py" "$BIN" \
	    "$T/lives" "$ADDR" "$@"
}

@test "a start and a reload, each call failing once" {
	lives "$(size 8 1)" start reload
}

@test "a fetch, each call failing once" {
	lives 1 fetch
}

@test "a renewal, each call failing once" {
	lives "$(size 10 1)" renew
}

# filter_without MEMORY'S NUMBER: 0: whole; 1: none; else it was ended.
filter_without() {
	local got=0
	head -c 16 /dev/zero >"$T/told"
	LD_PRELOAD="$BIN/attack/nomem.so" NOMEM_IN=filter NOMEM_AT="$1" \
	    NOMEM_TOLD="$T/told" timeout -s KILL 2 "$BIN/attack/filtered" \
	    >/dev/null 2>&1 || got=$?
	[ "$got" != 126 ] || fail "nomem.so does not begin"
	return "$got"
}

# libseccomp may then crash or run for ever, which ends a worker that is not
# ready yet; what must never be is a filter that lacks a part.
@test "a filter is whole or is none, whatever allocation of it fails" {
	! sanitized || skip "a sanitizer's build has no filter"
	local n got
	local -A times=()
	for ((n = 1; n <= 1500; n += $(size 13 1))); do
		got=0
		filter_without "$n" || got=$?
		[ "$got" != 2 ] || fail "the filter lacks a part: $n"
		times[$got]=$((${times[$got]:-0} + 1))
	done
	declare -p times
	((${times[0]} > 0 && ${times[1]} > 0)) # it came to both
}

@test "each allocation failing once" {
	! sanitized || skip "a sanitizer has allocations of its own"
	lives "$(size 20 1)" first child
	lives "$(size 40 1)" renew-memory
}
