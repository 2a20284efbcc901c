# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034 # read by the tests that load this
# A machine of our own that systemd really boots: the root of this one below an
# overlay that is thrown away, in the network of the world. One a file of
# tests; the daemon runs in it as the package's unit and nothing else.

. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

SYSTEM=$WORLD/system
ROOT=$SYSTEM/root
UNIT=mta-stsd.service
PACKAGE=$(echo "$MTA_STSD_BUILD"/../deb/mta-stsd_*.deb) # make deb

# boot: and install the package. In setup_file; power_off in teardown_file.
boot() {
	SLOW=1
	LOG=/dev/null
	mkdir -p "$SYSTEM/upper" "$SYSTEM/work" "$ROOT"
	mount -t overlay -o \
	    "lowerdir=/,upperdir=$SYSTEM/upper,workdir=$SYSTEM/work" \
	    system "$ROOT"
	# What this machine starts, what keeps a package from starting, and the
	# index of all manual pages, which takes longer than all else.
	rm -rf "$ROOT"/etc/systemd/system/*.wants "$ROOT/etc/machine-id" \
	    "$ROOT/etc/mta-stsd" "$ROOT/var/lib/mta-stsd" \
	    "$ROOT/usr/sbin/policy-rc.d" "$ROOT/var/lib/man-db/auto-update"
	echo 0123456789abcdef0123456789abcdef >"$ROOT/etc/machine-id"
	# What is mounted over a file is not in the overlay.
	cp "$BUNDLE" "$ROOT$(realpath "$BUNDLE")"
	cp "$WORLD/hosts" "$ROOT/etc/hosts"
	rm -f "$ROOT/etc/resolv.conf"
	cp "$WORLD/resolv.conf" "$ROOT/etc/resolv.conf"
	# Its own filter has never heard of Landlock.
	systemd-nspawn -q -D "$ROOT" --boot \
	    --system-call-filter='landlock_create_ruleset landlock_add_rule landlock_restrict_self' \
	    --register=no --keep-unit \
	    --resolv-conf=off --timezone=off --console=pipe \
	    </dev/null >"$SYSTEM/console" 2>&1 3>&- &
	echo $! >"$SYSTEM/nspawn"
	wait_until 60 "the system to boot" is_booted ||
	    fail "$(cat "$SYSTEM/console")"
	install_package
}

is_booted() {
	pgrep -P "$(cat "$SYSTEM/nspawn")" >"$SYSTEM/init" &&
	    sys systemctl is-system-running | grep -qE 'running|degraded'
}

power_off() {
	local pid
	pid=$(cat "$SYSTEM/nspawn")
	sys systemctl --no-block poweroff || kill "$pid"
	SLOW=1 LOG=/dev/null
	wait_until 60 "the system's end" gone "$pid" || kill -9 "$pid"
	umount "$ROOT"
}

# sys COMMAND...: as root in it.
sys() {
	nsenter -t "$(cat "$SYSTEM/init")" -m -u -i -p -C -- "$@"
}

# as_daemon COMMAND...: as the daemon's user in it.
as_daemon() {
	sys setpriv --reuid mta-stsd --regid mta-stsd --init-groups -- "$@"
}

install_package() {
	cp "$PACKAGE" "$ROOT/package.deb"
	sys dpkg -i /package.deb >"$SYSTEM/dpkg" 2>&1 ||
	    fail "$(cat "$SYSTEM/dpkg")"
}

# unit PROPERTY: of the service.
unit() {
	sys systemctl show -P "$1" "$UNIT"
}

unit_is() {
	[ "$(unit "$1")" = "$2" ]
}

# main_pid: as this side sees it.
main_pid() {
	pgrep -P "$(cat "$SYSTEM/init")" -x mta-stsd
}

unit_log() {
	sys journalctl -q --no-pager -o cat -u "$UNIT" --since "@$BEGAN"
}

unit_says() {
	unit_log | grep -qE -- "$1"
}

# drop_in NAME LINES...: to the service, until drop_out.
drop_in() {
	local dir=$ROOT/etc/systemd/system/$UNIT.d
	mkdir -p "$dir"
	printf '%s\n' '[Service]' "${@:2}" >"$dir/$1.conf"
	sys systemctl daemon-reload
}

drop_out() {
	rm -rf "$ROOT/etc/systemd/system/$UNIT.d"
	sys systemctl daemon-reload
}
