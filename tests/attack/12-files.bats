# SPDX-License-Identifier: ISC
# Files that are cut, garbled, no files at all, too large or not to be read:
# each is a fault, or is held back, or is served exactly as it is rendered.

load lib

NAMES=(a b c d e f g h i j)
NAMES=("${NAMES[@]/%/.example.com}")

# Ten domains, in all the ways in which one can be written.
ten() {
	conf <<-END
		defaults: { mode: enforce, max_age: 1w }
		policies:
		  shared: { mx: ["*.mail.example.com", mx.example.com], max_age: ${1:-604800} }
		domains:   # ten of them
		  a.example.com: shared
		  b.example.com: { mode: enforce, mx: [mx.b.example.com] }
		  c.example.com: { policy: shared, mode: testing }
		  d.example.com:
		    mode: enforce
		    mx:
		      - mx1.d.example.com
		      - "*.d.example.com"
		    max_age: 86400
		  e.example.com: shared
		  f.example.com: { mode: testing, mx: [mx.f.example.com], max_age: 2d }
		  g.example.com: { mode: enforce, mx: ['mx.g.example.com'] }
		  "h.example.com": shared
		  i.example.com: { mode: enforce, mx: [mx.i.example.com] }
		  j.example.com: { mode: enforce, mx: [mx.j.example.com] }
	END
}

prepare() {
	ten >"$CONF"
	cp "$CONF" "$T/good"
	selfsign
	VARIANTS=("$BIN/attack/variants")
	! is_long || VARIANTS=(env VARIANTS_ALL=1 "${VARIANTS[@]}")
	expect_log '.'
}

@test "a configuration cut and garbled at every byte" {
	mkdir "$T/shown"
	"${VARIANTS[@]}" config "$CONF" "$T/shown" "$(size 60 40)"
	start_attacked
	python3 "$ATTACK_HERE/shown.py" "$BIN" "$CONF" "$T/good" "$T/shown" \
	    "$LOG" "$MANAGER" "$ADDR" "$PORT" "$CA" "${NAMES[@]}"
	no_crash
}

# A worker that crashed is told as killed by a signal.
no_crash() {
	refute log_has "killed by signal|$LOG_CRASH"
	is_running
}

@test "a certificate and a key cut and garbled at every byte" {
	local host=mta-sts.a.example.com
	mkdir -p "$T/one/private"
	cp -rp "$CERTS/$host" "$T/one"
	cp -rp "$CERTS/private/$host" "$T/one/private"
	"${VARIANTS[@]}" pair "$T/one" "$T/one/$host/cert.pem"
	"${VARIANTS[@]}" pair "$T/one" "$T/one/private/$host/key.pem"
}

# As a user who is no root, for whom a mode is a mode.
start_as_user() {
	as_nobody
	chown -R 65534:65534 "$T"
	sed -i 's/^user: .*/user: nobody/' "$CONF"
	start_attacked "${AS[@]}"
}

# odd KIND PATH: something else takes the place of the file PATH.
odd() {
	rm -rf "$2.odd"
	case $1 in
	fifo) mkfifo "$2.odd" ;;
	directory) mkdir "$2.odd" ;;
	loop) ln -s "${2##*/}" "$2.odd" ;;
	mode) cp "$2" "$2.odd" && chown 65534 "$2.odd" && chmod 000 "$2.odd" ;;
	large) truncate -s 1G "$2.odd" ;;
	socket) python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$2.odd" ;;
	device) ln -s /dev/zero "$2.odd" ;;
	esac
	mv -T "$2.odd" "$2" 2>/dev/null ||
	    { rm -f "$2" && mv -T "$2.odd" "$2"; }
}

ODD=(fifo directory loop mode large socket device)

@test "no regular file, or none that can be read, as the configuration" {
	local kind before
	start_as_user
	sed 's/^user: .*/user: nobody/' "$T/good" >"$T/mended"
	for kind in "${ODD[@]}"; do
		before=$(log_count "$LOG_REFUSED")
		odd "$kind" "$CONF"
		reload
		wait_until 20 "$kind to be refused" refused_more "$before"
		serves b.example.com enforce 604800 mx.b.example.com
		rm -rf "$CONF"
		install -m 644 "$T/mended" "$CONF"
		reload
		wait_until 20 "it to be taken again" taken
		unharmed_now
	done
}

refused_more() {
	(($(log_count "$LOG_REFUSED") > $1))
}

taken() {
	[ "$(grep -cE 'notice: reloading' "$LOG")" = \
	    "$(grep -cE "$LOG_REFUSED|nothing that is served has|now serving" "$LOG")" ]
}

unharmed_now() {
	[ "$(workers)" = "$WORKERS_BEFORE" ] || fail "a worker died"
}

@test "no regular file, or none that can be read, as a certificate or a key" {
	local kind path host=mta-sts.b.example.com before
	start_as_user
	for path in "$CERTS/$host/cert.pem" "$CERTS/private/$host/key.pem"; do
		cp -p "$path" "$T/whole.pem"
		for kind in "${ODD[@]}"; do
			before=$(log_count 'its last good one|as last good|certificate.*b.example.com')
			odd "$kind" "$path"
			reload
			wait_until 20 "$kind to be told" \
			    told_more "$before" 'its last good one|as last good|certificate.*b.example.com'
			serves b.example.com enforce 604800 mx.b.example.com
			rm -rf "$path"
			cp -p "$T/whole.pem" "$path"
			reload
			serves b.example.com enforce 604800 mx.b.example.com
		done
	done
	no_crash
}

told_more() {
	(($(log_count "$2") > $1))
}

@test "inotify's queue overflows: what was lost is found" {
	local most before
	most=$(cat /proc/sys/fs/inotify/max_queued_events)
	((most <= 100000)) || skip "a queue of $most"
	start_attacked
	before=$(generations)
	kill -STOP "$MANAGER"
	python3 -c 'import os, sys
for n in range(int(sys.argv[2])):
    os.close(os.open(sys.argv[1] + "/fill%d" % (n % 2), os.O_CREAT | os.O_WRONLY))
' "$CERTS" "$most"
	ten 604801 | replace "$CONF"
	kill -CONT "$MANAGER"
	wait_generation "$before" 20
	serves a.example.com enforce 604801 '*.mail.example.com' mx.example.com
	no_crash
}

@test "no watch is left: files are looked at instead" {
	start_attacked "${TRACED[@]}" strace -qq -o /dev/null \
	    -e trace=inotify_add_watch -e inject=inotify_add_watch:error=ENOSPC
	wait_log 'cannot be watched: No space left on device'
	ten 604801 | replace "$CONF"
	wait_until 60 "the look" serves a.example.com enforce 604801 \
	    '*.mail.example.com' mx.example.com
}
