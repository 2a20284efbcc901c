# SPDX-License-Identifier: ISC
# uacme's hook by itself: what it is called with comes from a CA, and nothing
# of it may reach beyond the one directory.

load lib

TOKEN=evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr_oA
DIGEST=NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
HOST=mta-sts.example.com

prepare() {
	DIR=$T/state/challenges
	mkdir -p "$DIR" "$T/elsewhere"
	export MTA_STSD_CHALLENGES=$DIR
	export MTA_STSD_PASSED="http-01 tls-alpn-01"
	# what must never change
	printf 'kept\n' >"$T/state/kept"
	cd "$T/elsewhere" || return 1
}

# hook STATUS ARGUMENTS...: what it says is in $T/said; 0 and 1 by a type that
# did not pass are said in silence.
hook() {
	local wanted=$1 got=0
	shift
	"$BIN/uacme-hook" "$@" >"$T/out" 2>"$T/said" || got=$?
	[ "$got" = "$wanted" ] || fail "$*: $got, not $wanted: $(cat "$T/said")"
	[ ! -s "$T/out" ]
	case $got in
	0) [ ! -s "$T/said" ] ;;
	2) one_sentence ;;
	esac
}

# One line that says who speaks, and has nothing of the arguments in it.
one_sentence() {
	[ "$(wc -l <"$T/said")" = 1 ]
	grep -qE '^uacme-hook: [ -~]{10,120}$' "$T/said"
}

begin_http() {
	hook 0 begin http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
}

begin_tls() {
	hook 0 begin tls-alpn-01 "$HOST" "$TOKEN" "$DIGEST"
}

# nothing but FILE... below the directory, and nothing outside it
only() {
	diff <(cd "$DIR" && find . -mindepth 1 | sort) \
	    <(printf './%s\n' "$@" | grep -v '^\./$' | sort)
	diff <(cd "$T" && find state elsewhere -mindepth 1 \
	    -not -path 'state/challenges*' | sort) <(echo state/kept)
	[ "$(cat "$T/state/kept")" = kept ]
}

@test "begin, done, failed: a file for each, of its user alone" {
	local verb
	for verb in "done" failed; do
		begin_http
		[ "$(cat "$DIR/$TOKEN")" = "$TOKEN.$DIGEST" ]
		begin_tls
		[ "$(cat "$DIR/$HOST")" = "$DIGEST" ]
		[ "$(stat -c %a "$DIR/$TOKEN" "$DIR/$HOST")" = $'600\n600' ]
		only "$TOKEN" "$HOST"
		hook 0 "$verb" http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
		only "$HOST"
		hook 0 "$verb" tls-alpn-01 "$HOST" "$TOKEN" "$DIGEST"
		only
	done
}

@test "it may be called again: idempotent" {
	local i
	for i in 1 2 3; do
		begin_http
		begin_tls
		only "$TOKEN" "$HOST"
	done
	for i in 1 2 3; do
		hook 0 "done" http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
		hook 0 failed tls-alpn-01 "$HOST" "$TOKEN" "$DIGEST"
		only
	done
	# another challenge of the same host takes the place of the first
	begin_tls
	hook 0 begin tls-alpn-01 "$HOST" other "${DIGEST/N/O}"
	[ "$(cat "$DIR/$HOST")" = "${DIGEST/N/O}" ]
}

@test "a token or a digest that begins with a dash is an ordinary one" {
	local token
	for token in -abc -- -f -rf - --help _; do
		hook 0 begin http-01 "$HOST" "$token" "$token.$DIGEST"
		[ "$(cat "$DIR/$token")" = "$token.$DIGEST" ]
		only "$token"
		hook 0 "done" http-01 "$HOST" "$token" "$token.$DIGEST"
		only
	done
	hook 0 begin tls-alpn-01 "$HOST" -f "-${DIGEST#N}"
	[ "$(cat "$DIR/$HOST")" = "-${DIGEST#N}" ]
	only "$HOST"
}

@test "only types that passed are accepted, others are declined in silence" {
	local passed type auth
	for passed in '' http-01 tls-alpn-01 'tls-alpn-01 http-01' dns-01 \
	    http-011 'http-01tls-alpn-01' '*'; do
		MTA_STSD_PASSED=$passed
		for type in http-01 tls-alpn-01 dns-01 dns-account-01 a; do
			auth=$DIGEST
			[ "$type" != http-01 ] || auth=$TOKEN.$DIGEST
			if [[ " $passed " == *" $type "* && $type != dns* ]]
			then
				hook 0 begin "$type" "$HOST" "$TOKEN" "$auth"
			else
				hook 1 begin "$type" "$HOST" "$TOKEN" "$auth"
				[ ! -s "$T/said" ]
				only
			fi
			hook 0 "done" "$type" "$HOST" "$TOKEN" "$auth"
			only
		done
	done
}

# Each as an argument, at each place; a NUL cannot be passed at all.
evil() {
	printf '%s\0' .. . ../x x/../y /etc/passwd "$T/elsewhere/x" \
	    "../challenges/$TOKEN" "./$TOKEN" "$TOKEN/" "$TOKEN." \
	    $'a\nb' $'\n' "$TOKEN"$'\n' "$HOST"$'\n' "$HOST."$'\n' ' ' \
	    "$TOKEN " " $HOST" '' -n.example.com -e --help.example \
	    "$(printf 'a%.0s' {1..10240})" \
	    "$(printf 'a%.0s' {1..10240}).example.com" \
	    "$(printf 'a.%.0s' {1..5120})" ü.example.com $'\xff' $'\xff.example' \
	    'a b' 'a;b' "a'b" 'a"b' 'a$b' 'a`id`b' '$(id)' 'a\b' 'a*b' '*' \
	    '?' '[a-z]' 'a|b' 'a&b' 'a>b' 'a~b' '~' 'a=b' 'a+b' 'a%b' \
	    $'a\rb' $'a\tb' $'a\x1bb' $'a\x7fb' "$HOST/" "../$HOST" \
	    a..example.com .example.com example.com. -a.example.com \
	    a-.example.com a.-b.example.com A.example.com localhost \
	    192.0.2.1 a.example.1 2001:db8::1 a_b.example.com '*.example.com' \
	    "$(printf 'a%.0s' {1..64}).example.com" \
	    "$(printf 'a%.0s' {1..60}).$(printf 'b%.0s' {1..63}).$(printf \
	    'c%.0s' {1..63}).$(printf 'd%.0s' {1..63}).e"
}

# What is wrong in one place may be right in another: then it is no evil.
fits() { # PLACE VALUE
	case $1 in
	token) [[ $2 =~ ^[A-Za-z0-9_-]{1,128}$ ]] ;;
	type) [[ $2 =~ ^[a-z0-9][a-z0-9-]*$ && ${#2} -le 64 ]] ;;
	*) false ;;
	esac
}

@test "a1 each argument is strict: refused in words, nothing written" {
	local value tried=0
	begin_http
	begin_tls
	while IFS= read -r -d '' value; do
		hook 2 "$value" http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
		fits type "$value" ||
		    hook 2 begin "$value" "$HOST" "$TOKEN" "$DIGEST"
		hook 2 begin http-01 "$value" "$TOKEN" "$TOKEN.$DIGEST"
		hook 2 begin tls-alpn-01 "$value" "$TOKEN" "$DIGEST"
		hook 2 failed tls-alpn-01 "$value" "$TOKEN" "$DIGEST"
		fits token "$value" || {
			hook 2 begin http-01 "$HOST" "$value" "$value.$DIGEST"
			hook 2 "done" http-01 "$HOST" "$value" "$value.$DIGEST"
			hook 2 begin tls-alpn-01 "$HOST" "$value" "$DIGEST"
		}
		hook 2 begin http-01 "$HOST" "$TOKEN" "$value"
		hook 2 begin http-01 "$HOST" "$TOKEN" "$TOKEN.$value"
		hook 2 begin tls-alpn-01 "$HOST" "$TOKEN" "$value"
		tried=$((tried + 1))
	done < <(evil)
	[ "$tried" = 69 ]
	only "$TOKEN" "$HOST"
}

@test "a key authorization is that of its token, a digest whole" {
	local auth
	for auth in "$TOKEN" "$TOKEN." ".$DIGEST" "x.$DIGEST" "x$TOKEN.$DIGEST" \
	    "${TOKEN}x.$DIGEST" "$TOKEN.$DIGEST." "$TOKEN.${DIGEST}A" \
	    "$TOKEN.${DIGEST%s}" "$TOKEN.${DIGEST%s}t" "$TOKEN.$TOKEN.$DIGEST" \
	    "$DIGEST"; do
		hook 2 begin http-01 "$HOST" "$TOKEN" "$auth"
	done
	for auth in "${DIGEST}A" "${DIGEST%s}" "${DIGEST%s}t" "${DIGEST%s}=" \
	    "$TOKEN.$DIGEST"; do
		hook 2 begin tls-alpn-01 "$HOST" "$TOKEN" "$auth"
	done
	only
}

@test "called wrongly: one sentence, and 2" {
	hook 2
	hook 2 begin
	hook 2 begin http-01 "$HOST" "$TOKEN"
	hook 2 begin http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST" more
	hook 2 BEGIN http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
	hook 2 --help
	unset MTA_STSD_PASSED
	hook 2 begin http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
	grep -q MTA_STSD_PASSED "$T/said"
	MTA_STSD_PASSED=http-01
	export MTA_STSD_PASSED
	for MTA_STSD_CHALLENGES in '' relative . "$T/nowhere" "$T/state/kept" \
	    -- "~"; do
		hook 2 begin http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
		grep -q MTA_STSD_CHALLENGES "$T/said"
	done
	unset MTA_STSD_CHALLENGES
	hook 2 "done" http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
	only
}

@test "a link or a directory that stands there is not written through" {
	ln -s "$T/state/kept" "$DIR/$TOKEN"
	ln -s "$T/elsewhere" "$DIR/$HOST"
	begin_http
	begin_tls
	[ -f "$DIR/$TOKEN" ] && [ ! -L "$DIR/$TOKEN" ]
	[ -f "$DIR/$HOST" ] && [ ! -L "$DIR/$HOST" ]
	only "$TOKEN" "$HOST"
	rm "$DIR/$HOST" "$DIR/$TOKEN"
	mkdir "$DIR/$HOST"
	hook 1 begin tls-alpn-01 "$HOST" "$TOKEN" "$DIGEST"
	one_sentence
	only "$HOST"
	# done takes a link away, and not what it points to
	ln -s "$T/state/kept" "$DIR/$TOKEN"
	hook 0 "done" http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
	only "$HOST"
}

@test "many at once: each file whole, none left over" {
	local i pids=() pid
	for i in {1..20}; do
		"$BIN/uacme-hook" begin tls-alpn-01 "$HOST" "$TOKEN" "$DIGEST" &
		pids+=($!)
		"$BIN/uacme-hook" begin http-01 "$HOST" "t$((i % 3))" \
		    "t$((i % 3)).$DIGEST" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	only "$HOST" t0 t1 t2
	[ "$(cat "$DIR/$HOST")" = "$DIGEST" ]
	[ "$(cat "$DIR/t1")" = "t1.$DIGEST" ]
}

@test "a full disk is a decline, and leaves nothing" {
	[ "$(id -u)" = 0 ] || skip "only root can mount a small file system"
	# shellcheck disable=SC2016 # the inner shell's
	unshare -m bash -c '
		set -eu
		mount -t tmpfs -o size=16k,mode=700 none "$1"
		cat /dev/zero >"$1/fill" 2>/dev/null || true
		status=0
		"$2/uacme-hook" begin http-01 "$3" "$4" "$4.$5" 2>"$6" || status=$?
		[ "$status" = 1 ]
		[ "$(ls -A "$1")" = fill ]
		rm "$1/fill"
		"$2/uacme-hook" begin http-01 "$3" "$4" "$4.$5"
		[ "$(cat "$1/$4")" = "$4.$5" ]
		# no inode, then no writing at all
		mount -t tmpfs -o size=16k,nr_inodes=1 none "$1"
		status=0
		"$2/uacme-hook" begin http-01 "$3" "$4" "$4.$5" 2>>"$6" ||
		    status=$?
		[ "$status" = 1 ]
		mount -o remount,ro none "$1"
		status=0
		"$2/uacme-hook" begin http-01 "$3" "$4" "$4.$5" 2>>"$6" ||
		    status=$?
		[ "$status" = 1 ]
	' small "$DIR" "$BIN" "$HOST" "$TOKEN" "$DIGEST" "$T/said"
	[ "$(wc -l <"$T/said")" = 3 ]
	refute grep -vE '^uacme-hook: .* in /' "$T/said"
}

@test "killed in the middle it leaves a name that counts for nothing" {
	# shellcheck disable=SC2016 # the inner shell's
	printf '#!/bin/sh\nkill -9 $PPID\n' >"$T/mv"
	chmod +x "$T/mv"
	local status=0
	PATH=$T:$PATH "$BIN/uacme-hook" begin http-01 "$HOST" "$TOKEN" \
	    "$TOKEN.$DIGEST" >"$T/out" 2>&1 || status=$?
	[ "$status" = 137 ]
	[ "$(find "$DIR" -type f ! -name '.*' | wc -l)" = 0 ]
	begin_http
	# told to end it takes that away as well
	rm "$DIR"/.[!.]* "$DIR/$TOKEN"
	# shellcheck disable=SC2016 # the inner shell's
	printf '#!/bin/sh\nkill -TERM $PPID\n' >"$T/mv"
	PATH=$T:$PATH hook 1 begin http-01 "$HOST" "$TOKEN" "$TOKEN.$DIGEST"
	only
}

@test "any shell that is one: bash and busybox run it the same" {
	local shell
	for shell in "dash" "bash --posix" "busybox sh"; do
		command -v "${shell%% *}" >/dev/null || continue
		# shellcheck disable=SC2086 # a shell and its options
		$shell "$BIN/uacme-hook" begin http-01 "$HOST" "$TOKEN" \
		    "$TOKEN.$DIGEST"
		only "$TOKEN"
		# shellcheck disable=SC2086
		$shell "$BIN/uacme-hook" "done" http-01 "$HOST" "$TOKEN" \
		    "$TOKEN.$DIGEST"
		only
		# shellcheck disable=SC2086
		run $shell "$BIN/uacme-hook" begin tls-alpn-01 É.example.com \
		    "$TOKEN" "$DIGEST"
		[ "$status" = 2 ]
	done
}
