# SPDX-License-Identifier: ISC
# make install into an empty root: what is put there, that it runs from there,
# what is left alone, and what is taken away again.

load lib

prepare() {
	ROOT=$T/root
	PREFIX=/usr/local
	mkdir "$ROOT"
}

# into_root TARGET [VARIABLE=VALUE...]: of the build that is tested.
into_root() {
	local kind=${BIN##*/}
	[[ $kind != *-* ]] || set -- "$@" "CC=${kind#*-}"
	env -u MAKEFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u MFLAGS \
	    make -s -C "$HERE/../.." KIND="${kind%%-*}" DESTDIR="$ROOT" "$@" \
	    >"$T/out" 2>"$T/err" || fail "make $1: $(cat "$T/out" "$T/err")"
	[ ! -s "$T/err" ] || fail "make $1: $(cat "$T/err")"
}

# found [DIR]: all below it, with modes, but directories that others share.
found() {
	(cd "$ROOT${1:-}" && find . -mindepth 1 \( ! -type d -o -name mta-stsd \
	    -o -name examples \) -printf '%m %y %P\n' | sort -k 3)
}

wanted() {
	cat <<-END
		755 d etc/mta-stsd
		644 f etc/mta-stsd/mta-stsd.yaml
		644 f etc/mta-stsd/providers.yaml
		755 f ${PREFIX#/}/bin/mta-stsctl
		755 d ${PREFIX#/}/lib/mta-stsd
		755 f ${PREFIX#/}/lib/mta-stsd/uacme-hook
		644 f ${PREFIX#/}/lib/systemd/system/mta-stsd-verify.service
		644 f ${PREFIX#/}/lib/systemd/system/mta-stsd-verify.timer
		644 f ${PREFIX#/}/lib/systemd/system/mta-stsd.service
		644 f ${PREFIX#/}/lib/systemd/system/mta-stsd.socket
		644 f ${PREFIX#/}/lib/sysusers.d/mta-stsd.conf
		644 f ${PREFIX#/}/lib/tmpfiles.d/mta-stsd.conf
		755 f ${PREFIX#/}/sbin/mta-stsd
		644 f ${PREFIX#/}/share/bash-completion/completions/mta-stsctl
		755 d ${PREFIX#/}/share/doc/mta-stsd
		644 f ${PREFIX#/}/share/doc/mta-stsd/README.md
		644 f ${PREFIX#/}/share/doc/mta-stsd/SECURITY.md
		644 f ${PREFIX#/}/share/doc/mta-stsd/bind.conf
		755 d ${PREFIX#/}/share/doc/mta-stsd/examples
		644 f ${PREFIX#/}/share/doc/mta-stsd/examples/mta-stsd.rules.yml
		644 f ${PREFIX#/}/share/doc/mta-stsd/examples/mta-stsd.yaml
		644 f ${PREFIX#/}/share/doc/mta-stsd/examples/providers.yaml
		644 f ${PREFIX#/}/share/man/man1/mta-stsctl.1
		644 f ${PREFIX#/}/share/man/man5/mta-stsd.yaml.5
		644 f ${PREFIX#/}/share/man/man8/mta-stsd.8
	END
}

@test "what is installed, and its modes, whatever the umask" {
	umask 077
	into_root install
	diff <(wanted) <(found)
	# nobody is kept out on the way there
	[ -z "$(find "$ROOT"/* -type d ! -perm 755)" ]
	# into a root that is not this machine's nothing is told to do
	[ ! -s "$T/out" ] || fail "$(cat "$T/out")"
}

@test "the tree runs: it serves, and renew's uacme is given the hook" {
	local hook=$ROOT$PREFIX/lib/mta-stsd/uacme-hook
	into_root install
	mkdir "$T/bin"
	ln -s "$ROOT$PREFIX"/{s,}bin/mta-* "$T/bin"
	BIN=$T/bin
	"$BIN/mta-stsd" -V | grep -q '^mta-stsd [0-9]'
	"$BIN/mta-stsctl" -V | grep -q '^mta-stsctl [0-9]'
	# a uacme that asks no CA, and says how it was called
	cat >"$BIN/uacme" <<-END
		#!/bin/sh
		echo "\$*" >>"$T/called"
		exec "$(realpath "$HERE/fake/uacme")" "\$@"
	END
	chmod 755 "$BIN/uacme"
	mkdir "$T/fake"
	SETTINGS='acme: { agree_to_terms: true, preflight: off }' \
	    conf >"$CONF" <<-END
		domains:
		$(entries 604800 a.example.com b.example.com)
	END
	selfsign
	rm -r "$CERTS/mta-sts.b.example.com" "$CERTS/private/mta-sts.b.example.com"
	PATH=$BIN:$PATH start_daemon
	serves_age 604800 a.example.com
	wait_log 'notice: mta-sts.b.example.com: issued'
	grep -qE -- "-h $hook .*issue mta-sts.b.example.com" "$T/called" ||
	    fail "$(cat "$T/called")"
	[ -x "$hook" ]
}

@test "a configuration that is there stays, byte for byte, and it is said" {
	local etc=$ROOT/etc/mta-stsd
	into_root install
	echo '# mine' >>"$etc/mta-stsd.yaml"
	chmod 600 "$etc/mta-stsd.yaml"
	ln -sf /nowhere "$etc/providers.yaml"
	echo stale >"$ROOT$PREFIX/share/doc/mta-stsd/examples/mta-stsd.yaml"
	echo stale >"$ROOT$PREFIX/lib/systemd/system/mta-stsd.socket"
	into_root install
	grep -qxF "left as it is: $etc/mta-stsd.yaml" "$T/out"
	grep -qxF "left as it is: $etc/providers.yaml" "$T/out"
	cmp "$etc/mta-stsd.yaml" \
	    <(cat "$HERE/../../conf/mta-stsd.yaml" - <<<'# mine')
	[ "$(stat -c %a "$etc/mta-stsd.yaml")" = 600 ]
	[ "$(readlink "$etc/providers.yaml")" = /nowhere ]
	# the example is always the one of this version, and so is the rest
	cmp "$ROOT$PREFIX/share/doc/mta-stsd/examples/mta-stsd.yaml" \
	    "$HERE/../../conf/mta-stsd.yaml"
	refute grep -q stale "$ROOT$PREFIX/lib/systemd/system/mta-stsd.socket"
}

@test "uninstall takes all of it, and neither configuration nor another's" {
	local dir="$ROOT$PREFIX/share/doc/mta-stsd/examples"
	into_root install
	: >"$ROOT$PREFIX/bin/other"
	into_root uninstall
	grep -qF "$ROOT/etc/mta-stsd" "$T/out"
	diff - <(found) <<-END
		755 d etc/mta-stsd
		644 f etc/mta-stsd/mta-stsd.yaml
		644 f etc/mta-stsd/providers.yaml
		644 f ${PREFIX#/}/bin/other
	END
	# once more, and where a file of somebody else is among ours
	into_root uninstall
	into_root install
	: >"$dir/other"
	into_root uninstall
	[ "$(ls "$dir")" = other ]
}

@test "PREFIX: it is everywhere, in the units too" {
	local program
	for PREFIX in /usr /opt/mta-stsd; do
		rm -rf "${ROOT:?}"/*
		into_root install PREFIX=$PREFIX
		diff <(wanted) <(found | grep -v "d ${PREFIX#/}\$")
		# each program that a unit of ours names is there
		for program in $(grep -ohE '[^ =]*/mta-sts(d|ctl)( |$)' \
		    "$ROOT$PREFIX"/lib/systemd/system/*.service); do
			[ -x "$ROOT/$program" ] || fail "$program"
		done
		grep -qE "^ExecStart=$PREFIX/sbin/mta-stsd\$" \
		    "$ROOT$PREFIX/lib/systemd/system/mta-stsd.service"
		grep -qE "^ExecStart=$PREFIX/bin/mta-stsctl verify" \
		    "$ROOT$PREFIX/lib/systemd/system/mta-stsd-verify.service"
	done
}

# here COMMAND...: where /usr/local is empty, and what is written there and in
# /etc is gone afterwards.
here() {
	unshare -m bash -c 'set -e
		mount -t tmpfs none /usr/local
		mkdir /usr/local/{upper,work}
		mount -t overlay -o lowerdir=/etc \
		    -o upperdir=/usr/local/upper,workdir=/usr/local/work \
		    overlay /etc
		rm -rf /etc/mta-stsd /etc/systemd/system/*.wants/mta-stsd*
		"$@"' bash "$@"
}

needs_here() {
	[ "$(id -u)" = 0 ] || skip "only root makes a mount namespace"
	here true 2>"$T/err" || skip "no such mounts here: $(cat "$T/err")"
}

@test "on this machine: what to do next is told, and before uninstall" {
	local link=/etc/systemd/system/multi-user.target.wants/mta-stsd.service
	needs_here
	ROOT=
	export -f into_root fail
	export T BIN HERE ROOT
	here bash -c 'set -e
		into_root install
		grep -qxF "  systemctl enable --now mta-stsd.socket mta-stsd" "$T/out"
		test -x /usr/local/sbin/mta-stsd
		mkdir -p "${1%/*}"
		ln -s /usr/local/lib/systemd/system/mta-stsd.service "$1"
		if into_root uninstall 2>/dev/null; then exit 1; fi
		grep -qF "systemctl disable --now" "$T/err"
		test -x /usr/local/sbin/mta-stsd
		rm "$1"
		into_root uninstall
		if test -e /usr/local/sbin/mta-stsd; then exit 1; fi' bash "$link"
}

@test "systemd has no objection to the units, where they are" {
	needs_here
	[ -n "$(command -v systemd-analyze)" ] || skip "no systemd-analyze here"
	ROOT=
	export -f into_root fail
	export T BIN HERE ROOT
	here bash -c 'set -e
		into_root install
		systemd-analyze verify --man=no \
		    /usr/local/lib/systemd/system/mta-stsd* 2>"$T/told"'
	[ ! -s "$T/told" ] || fail "$(cat "$T/told")"
}
