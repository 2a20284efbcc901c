# SPDX-License-Identifier: ISC
# The package on a machine that systemd has booted: what its units promise.

load system

setup_file() {
	boot
}

teardown_file() {
	power_off
}

prepare() {
	BEGAN=$(date +%s.%N)
	ADDR=192.0.2.10
	CONF=$ROOT/etc/mta-stsd/mta-stsd.yaml
	STATE=$ROOT/var/lib/mta-stsd
	CERTS=$STATE/certs
	CA=$CERTS/ca.pem
	NAMES=(a.example.com b.example.com)
	rm -rf "${STATE:?}"/*
	write 604800 >"$CONF"
	as_daemon mta-stsctl selfsign >/dev/null
	bodies "$T/1" 604800 "${NAMES[@]}"
	bodies "$T/2" 604801 "${NAMES[@]}"
	sys systemctl reset-failed
	sys systemctl stop mta-stsd.socket "$UNIT"
	sys systemctl start "$UNIT"
}

teardown() {
	local helper
	for helper in ${HELPERS[@]+"${HELPERS[@]}"}; do
		kill -9 "$helper" 2>/dev/null || true
	done
	unit_log >"$LOG"
	[ -n "${BATS_TEST_COMPLETED:-}" ] || {
		sys systemctl status --no-pager -n 0 "$UNIT"
		cat "$LOG"
	}
	! grep -aE "$LOG_CRASH" "$LOG"
}

write() {
	cat <<-END
		log: { access: off }
		domains:
		$(entries "$1" "${NAMES[@]}")
	END
}

@test "installed and started, it serves, and its status says what" {
	unit_is ActiveState active
	served "${NAMES[@]}"
	unit_is StatusText \
	    'serving 2 domains with 2 certificates, 0 as last good'
	unit_is User mta-stsd
	[ "$(sys systemctl is-enabled "$UNIT" mta-stsd.socket)" = \
	    $'enabled\nenabled' ]
	[ "$(sys systemctl is-enabled mta-stsd-verify.timer)" = disabled ]
	# The ports are systemd's; port 80 knows no policy.
	[ "$(curl -s -o /dev/null -w '%{http_code}' \
	    "http://$ADDR/.well-known/mta-sts.txt")" = 404 ]
	[ "$(sys stat -c '%U:%G %a' /var/lib/mta-stsd)" = \
	    'mta-stsd:mta-stsd 750' ]
}

@test "systemctl reload: what is written is served" {
	write 604801 >"$CONF"
	sys systemctl reload "$UNIT"
	wait_until 10 "the new policies" serves_age 604801 "${NAMES[@]}"
}

@test "a broken configuration: reload fails, STATUS tells, the old one serves" {
	run sys systemctl reload "$UNIT"
	[ "$status" = 0 ]
	write 604801 | sed 's/^log: .*/log: { level: loud }/' >"$CONF"
	run sys systemctl reload "$UNIT"
	[ "$status" != 0 ]
	wait_until 10 "STATUS to tell" status_tells
	unit_is ActiveState active
	served "${NAMES[@]}"
	# A restart does no harm either: there is a last good one.
	sys systemctl restart "$UNIT"
	status_tells
	served "${NAMES[@]}"
	write 604801 >"$CONF"
	sys systemctl reload "$UNIT"
	wait_until 10 "the new policies" serves_age 604801 "${NAMES[@]}"
	unit_is StatusText \
	    'serving 2 domains with 2 certificates, 0 as last good'
}

status_tells() {
	[[ $(unit StatusText) == *'; fault: '*mta-stsd.yaml:1:*loud* ]]
}

@test "nothing to start from: it fails with words, and a mended file heals it" {
	sys systemctl stop mta-stsd.socket "$UNIT"
	rm -f "$STATE/last-good"
	drop_in quick RestartSec=200ms
	echo 'domains: [' >"$CONF"
	run sys systemctl start "$UNIT"
	[ "$status" != 0 ]
	unit_says 'mta-stsd.yaml:[0-9]+:[0-9]+'
	wait_until 20 "more tries than a start limit allows" restarted 6
	write 604800 >"$CONF"
	wait_until 20 "service" served "${NAMES[@]}"
	drop_out
}

restarted() {
	[ "$(unit NRestarts)" -ge "$1" ]
}

@test "watchdog: a manager that stands still is replaced" {
	local pid
	drop_in watchdog WatchdogSec=2 RestartSec=100ms
	sys systemctl restart "$UNIT"
	pid=$(main_pid)
	# As long as it is well nothing happens, for longer than the limit.
	run_load -t 5 -c 2 "$T/1"
	[ "$(main_pid)" = "$pid" ]
	unit_is NRestarts 0
	kill -STOP "$pid"
	wait_until 30 "the old manager's end" gone "$pid"
	wait_until 30 "service" served "${NAMES[@]}"
	unit_is NRestarts 1
	unit_says 'Watchdog timeout'
	drop_out
}

# What a worker holds in the midst of a handshake when it is told to stop is
# cut: so some fetches fail, and none for want of somebody who listens.
CUT='^(started|[0-9]+ good|ms: |[0-9]+ x ((request|answer|handshake): .*(reset|Broken pipe|eof|peer closed)))'

none_refused() { # WHAT COMMAND...
	local pid
	pid=$(main_pid)
	start_load -c 4 -f 1000000 "$T/1"
	"${@:2}"
	served "${NAMES[@]}"
	end_load
	[ "$(main_pid)" != "$pid" ]
	figure "$1: $(grep -E '^[0-9]+ good' "$T/load.out")"
	cat "$T/load.out"
	grep -qE '^[1-9][0-9]+ good' "$T/load.out"
	refute grep -qvE "$CUT" "$T/load.out"
}

five_restarts() {
	local n
	for n in 1 2 3 4 5; do
		sys systemctl restart "$UNIT"
	done
}

@test "restart under load: not one connection is refused" {
	none_refused "five restarts" five_restarts
}

@test "the package upgraded under load: not one connection is refused" {
	none_refused "an upgrade" install_package
	unit_is ActiveState active
}

@test "stop drains: what was asked is answered" {
	start_load -c 16 "$T/1"
	kill -USR1 "$LOAD"
	wait_until 5 "the mark" grep -q '^marked' "$T/load.out"
	# The socket too, else the next connection starts it again.
	sys systemctl stop mta-stsd.socket "$UNIT"
	wait "$LOAD" || fail "$(cat "$T/load.out")"
	grep -q '16 ended' "$T/load.out"
	unit_is Result success
	unit_is ExecMainStatus 0
}

# What the service's own processes are, and what they may.
@test "sandbox: no root, no capability, nothing written outside state" {
	local pid key id
	key=$STATE/certs/mta-sts.a.example.com/key.pem
	[ -e "$key" ] || key=$STATE/certs/mta-sts.a.example.com/privkey.pem
	id=$(sys id -u mta-stsd)
	for pid in "$(main_pid)" $(pgrep -P "$(main_pid)"); do
		grep -qE "^Uid:(\s+$id){4}$" "/proc/$pid/status"
		grep -qE '^Cap(Eff|Prm|Amb):\s+0+$' "/proc/$pid/status"
		[ "$(grep -cE '^Cap...:\s+0+$' "/proc/$pid/status")" = 5 ]
		grep -qE '^NoNewPrivs:\s+1$' "/proc/$pid/status"
		grep -qE '^Seccomp:\s+2$' "/proc/$pid/status"
	done
	refute unit_says 'the sandbox lacks'
	# The same unit, with another program in it.
	sed 's,^ExecStart=.*,ExecStart=/bin/sh /probe,; s/^Type=.*/Type=oneshot/
	    /^Exec.*Reload/d; /^Wants/d; /^WatchdogSec/d; /^Restart/d' \
	    "$ROOT/lib/systemd/system/$UNIT" \
	    >"$ROOT/etc/systemd/system/probe.service"
	cat >"$ROOT/probe" <<-'END'
		for f in /etc/mta-stsd/x /etc/x /usr/x /var/x /var/log/x /home/x \
		    /root/x /run/x /boot/x /dev/x /sys/x /proc/x; do
			(: >$f) 2>/dev/null && echo "written: $f"
		done
		for f in /var/lib/mta-stsd/x /tmp/x /run/mta-stsd/x; do
			(: >$f) 2>/dev/null || echo "not written: $f"
		done
		rm -f /var/lib/mta-stsd/x
		mount -t tmpfs x /mnt 2>/dev/null && echo mounted
		unshare -U true 2>/dev/null && echo unshared
		echo probed
	END
	sys systemctl daemon-reload
	sys systemctl start probe.service
	run sys journalctl -q --no-pager -o cat -u probe.service _COMM=sh
	[ "$output" = probed ] || fail "$output"
}

@test "sandbox: what a worker that was taken over cannot do" {
	local pid secret
	[ "$(uname -m)" = x86_64 ] || skip "captive knows x86-64 alone"
	pid=$(pgrep -P "$(main_pid)" | head -n 1)
	secret=$(sys find /var/lib/mta-stsd/certs -name '*key.pem' | head -n 1)
	"$MTA_STSD_BUILD/e2e/captive" "$pid" "$secret" /var/lib/mta-stsd/new
	# It never knew.
	[ "$(pgrep -P "$(main_pid)" | head -n 1)" = "$pid" ]
	run_load -n 200 -c 8 "$T/1"
}

@test "with bind.conf it binds by itself, and keeps no capability" {
	local pid
	write 604800 >"$CONF"
	sed -i '1i listen: { https: "192.0.2.10:443", http: off }' "$CONF"
	mkdir -p "$ROOT/etc/systemd/system/$UNIT.d"
	cp "$ROOT/usr/share/doc/mta-stsd/bind.conf" \
	    "$ROOT/etc/systemd/system/$UNIT.d/"
	sys systemctl mask --now mta-stsd.socket
	sys systemctl daemon-reload
	sys systemctl restart "$UNIT"
	served "${NAMES[@]}"
	# Once it is bound nobody has it any more, nor uacme after them.
	for pid in "$(main_pid)" $(pgrep -P "$(main_pid)"); do
		[ "$(grep -cE '^Cap(Inh|Prm|Eff|Amb):\s+0+$' \
		    "/proc/$pid/status")" = 4 ]
	done
	refute unit_says 'the sandbox lacks'
	exposed 15
	sys systemctl stop "$UNIT"
	sys systemctl unmask mta-stsd.socket
	drop_out
}

# exposed MOST: by tenths.
exposed() {
	run sys systemd-analyze security --no-pager --threshold="$1" "$UNIT"
	[ "$status" = 0 ] || fail "$output"
	figure "$(tail -n 1 <<<"$output" | grep -o 'level.*')"
}

@test "systemd-analyze: security at most 1.3, and verify says nothing" {
	exposed 13
	run sys systemd-analyze verify /lib/systemd/system/mta-stsd{,-verify}.service \
	    /lib/systemd/system/mta-stsd.socket \
	    /lib/systemd/system/mta-stsd-verify.timer
	[ "$status" = 0 ]
	[ -z "$(grep mta-stsd <<<"$output")" ] || fail "$output"
}

@test "certificates come by themselves: uacme runs under the unit" {
	ADDR6=
	dns_start
	ca_start
	point "${NAMES[@]}"
	sys systemctl stop "$UNIT"
	rm -rf "${STATE:?}"/*
	{
		write 604800
		echo "host: $OUR_HOST"
		echo "resolver: $DNS"
		acme_conf
	} >"$CONF"
	sys systemctl start "$UNIT"
	wait_served 60 "${NAMES[@]}"
	wait_until 60 "the host's own" fetch "$OUR_HOST" /
	[ "$(orders)" = 3 ] || fail "orders: $(orders)"
	refute unit_says '(^|[^0-9])error'
}

@test "the daily look from outside runs under its unit" {
	ADDR6=
	dns_start
	dns_a mta-sts.a.example.com "$ADDR"
	dns_a mta-sts.b.example.com "$ADDR"
	sys systemctl start mta-stsd-verify.timer
	sys systemctl is-active mta-stsd-verify.timer
	sys systemctl stop mta-stsd-verify.timer
	echo "resolver: $DNS" >>"$CONF"
	# Nobody has published a record: that is no trouble, and no word.
	sys systemctl start mta-stsd-verify.service
	verify_says
	[ -z "$output" ] || fail "$output"
	# Now somebody has, though the CA is nobody's.
	dns set-txt '{"host":"_mta-sts.a.example.com.","value":"v=STSv1; id=1;"}'
	run sys systemctl start mta-stsd-verify.service
	[ "$status" != 0 ]
	[ "$(sys systemctl show -P ExecMainStatus mta-stsd-verify.service)" = 1 ]
	verify_says
	[[ $output == *a.example.com*broken* ]] || fail "$output"
	[[ $output != *b.example.com* ]]
}

verify_says() {
	run sys journalctl -q --no-pager -o cat --since "@$BEGAN" \
	    -u mta-stsd-verify.service _COMM=mta-stsctl
}
