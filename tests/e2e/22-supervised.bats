# SPDX-License-Identifier: ISC
# As a service manager sees the daemon: the sockets that it passes in, what it
# is told, and the watchdog that it keeps.

load lib

prepare() {
	SAID=$T/said
	: >"$SAID"
	write 604800 >"$CONF"
	selfsign
}

write() {
	conf <<-END
		domains:
		$(entries "$1" a.example.com b.example.com)
	END
}

# supervised WATCHDOG_MS ADDRESS:PORT...
supervised() {
	local sockets=("${@:2}")
	start_daemon python3 "$HERE/supervise.py" "$SAID" "$1" "${sockets[@]}" --
}

said() {
	grep -cE -- "$1" "$SAID" || true
}

# said_more REGEX THAN
said_more() {
	(($(said "$1") > $2))
}

@test "a socket that is passed in is served, and bound by nobody else" {
	local inode
	supervised 0 "$ADDR:$PORT"
	serves_age 604800 a.example.com
	# The one listener there is the service manager's own.
	[ "$(ss -Hltn src "$ADDR" | wc -l)" = 1 ]
	reload_and_wait_for_nothing
	serves_age 604800 b.example.com
}

reload_and_wait_for_nothing() {
	reload
	wait_log 'nothing that is served has changed'
}

@test "what is not passed in is bound by the daemon itself" {
	LISTEN="plain: \"$ADDR:8081\""
	write 604800 >"$CONF"
	supervised 0 "$ADDR:8081"
	serves_age 604800 a.example.com
	run curl -s -H 'Host: mta-sts.a.example.com' \
	    "http://$ADDR:8081/.well-known/mta-sts.txt"
	[[ $output == *"max_age: 604800"* ]]
}

@test "a socket that listen has no use for answers 404 and is told" {
	supervised 0 "$ADDR:8080" "$ADDR:$PORT"
	log_has "notice: $ADDR:8080 is passed in, and .listen. has no use"
	run curl -s -o /dev/null -w '%{http_code}' -H 'Host: mta-sts.a.example.com' \
	    "http://$ADDR:8080/.well-known/mta-sts.txt"
	[ "$output" = 404 ]
	serves_age 604800 a.example.com
}

@test "sockets for another process are left alone" {
	LISTEN_PID=1 LISTEN_FDS=1 start_daemon
	serves_age 604800 a.example.com
}

@test "what is passed in and is no listening socket is told" {
	expect_log 'warning: descriptor 3, which was passed in, is no listening'
	# The shell that says so is replaced by the daemon: its id stays.
	# shellcheck disable=SC2016 # sh expands it
	start_daemon sh -c \
	    'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3</dev/null' sh
	log_has 'descriptor 3, which was passed in'
	serves_age 604800 a.example.com
}
