# SPDX-License-Identifier: ISC
# The Debian package: made in a root of each release, then installed in one
# that has nothing, upgraded, removed and purged. No systemd runs there; what
# it would be told is written down in its place.

RELEASES='bookworm trixie'
HERE=$(dirname "$BATS_TEST_FILENAME")
W=$BATS_FILE_TMPDIR

setup_file() {
	local release pids=() pid
	[ "$(readlink /proc/self/ns/mnt)" != "$(readlink /proc/1/ns/mnt)" ] || {
		echo "run it by make packages, or below unshare -m" >&2
		return 1
	}
	cd "$HERE/../.."
	for release in $RELEASES; do
		make_all "$release" >"$W/$release.log" 2>&1 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || {
			tail -n 30 "$W"/*.log >&2
			return 1
		}
	done
}

# make_all RELEASE: the package as $W/RELEASE.deb, what lintian says of it, an
# older one, and a root where the package has been installed.
make_all() {
	set -e
	local at=$W/$1
	tests/packages/root "$1"
	make_package "$1"
	make_older "$at.deb" "$at-old"
	mkdir "$at"
	tar -xf "build/roots/$1.tar" -C "$at"
	cp "$at.deb" "$at/new.deb"
	cp "$at-old.deb" "$at/old.deb"
	rm -r "$at-old"
	DEBS=$PWD/build/roots/$1-debs "$HERE/inside" "$at" apt-get install -q -y \
	    --no-install-recommends /new.deb </dev/null
}

# Without a network: nothing may be fetched by a build.
make_package() {
	local at=$W/$1-build
	mkdir "$at"
	tar -xf "build/roots/$1-build.tar" -C "$at"
	mkdir "$at/src"
	tar --exclude=./build --exclude=./.git -c . | tar -x -C "$at/src"
	NETWORK=no "$HERE/inside" "$at" make -C /src deb >"$W/$1.built" 2>&1
	cp "$at"/src/build/deb/mta-stsd_*.deb "$W/$1.deb"
	[ -x "$at/usr/bin/lintian" ] || rm -rf --one-file-system "$at"
}

# make_older DEB DIR: 0.0.9, with a file more, and another providers.yaml.
make_older() {
	dpkg-deb -R "$1" "$2"
	sed -i 's/^Version: .*/Version: 0.0.9/' "$2/DEBIAN/control"
	echo '# of 0.0.9' >>"$2/etc/mta-stsd/providers.yaml"
	echo '# of 0.0.9' >"$2/usr/lib/mta-stsd/of-0.0.9"
	dpkg-deb --root-owner-group -b "$2" "$2.deb"
}

fail() {
	echo "$*" >&2
	return 1
}

refute() {
	if "$@"; then fail "not wanted: $*"; fi
}

# begin RELEASE: a root where the package is installed, of this test alone.
begin() {
	local over=$BATS_TEST_TMPDIR/$1
	echo "in $1:"
	ROOT=$over/root
	mkdir -p "$over"
	mount -t tmpfs none "$over"
	mkdir "$over"/{root,upper,work}
	mount -t overlay -o "lowerdir=$W/$1,upperdir=$over/upper,workdir=$over/work" \
	    overlay "$ROOT"
	ETC=$ROOT/etc/mta-stsd
	STATE=$ROOT/var/lib/mta-stsd
}

teardown() {
	local release
	for release in $RELEASES; do
		umount -R -q "$BATS_TEST_TMPDIR/$release" || true
	done
}

inside() {
	NETWORK=no "$HERE/inside" "$ROOT" "$@" </dev/null
}

# No prompt: there is nobody to answer.
apt_get() {
	inside apt-get -q -y --no-install-recommends "$@"
}

# As a booted systemd; what it is told stands in $ROOT/told.
pretend_systemd() {
	local program
	mkdir -p "$ROOT/run/systemd/system"
	for program in deb-systemd-invoke systemctl; do
		printf '#!/bin/sh\necho "%s $*" >>/told\n' "${program#deb-}" \
		    >"$ROOT/usr/bin/$program"
	done
}

# told COMMAND...: by deb-systemd-invoke, in this order and no more.
told() {
	diff <(printf '%s\n' "$@") <(sed -n 's/^systemd-invoke //p' "$ROOT/told")
}

# links: of units of ours, in /etc.
links() {
	(cd "$ROOT/etc/systemd" && find . -type l -name 'mta-stsd*' | sort)
}

# Keys and policies, as after some time of service.
use_it() {
	mkdir -p "$STATE/certs/private" "$ETC/domains.d"
	echo key >"$STATE/certs/private/key.pem"
	chown -R --reference "$STATE" "$STATE/certs"
	echo '# mine' >>"$ETC/mta-stsd.yaml"
	echo 'domains: {}' >"$ETC/domains.d/mine.yaml"
	sum_before=$(sum)
}

sum() {
	(cd "$ROOT" && find "etc/mta-stsd/mta-stsd.yaml" etc/mta-stsd/domains.d \
	    var/lib/mta-stsd -printf '%p %m %U %G\n' -type f \
	    -exec sha256sum {} + | sort)
}

program_is_gone() {
	local path
	[ -z "$(find "$ROOT"/usr/bin/mta-* "$ROOT"/usr/sbin/mta-* \
	    "$ROOT"/usr/lib/mta-* "$ROOT"/{,usr/}lib/systemd/system/mta-* \
	    "$ROOT"/usr/lib/{sysusers,tmpfiles}.d/mta-* 2>/dev/null)" ]
}

@test "it is built without a network or a warning, and holds what it should" {
	local release
	for release in $RELEASES; do
		begin "$release"
		refute grep -i 'warning' "$W/$release.built"
		diff - <(dpkg-deb -c "$W/$release.deb" | grep -v /$ |
		    awk '{ print $1, $2, $6 }' |
		    sed 's, \./lib/, ./usr/lib/,' | sort -k 3) <<-END
			-rw-r--r-- root/root ./etc/mta-stsd/mta-stsd.yaml
			-rw-r--r-- root/root ./etc/mta-stsd/providers.yaml
			-rwxr-xr-x root/root ./usr/bin/mta-stsctl
			-rwxr-xr-x root/root ./usr/lib/mta-stsd/uacme-hook
			-rw-r--r-- root/root ./usr/lib/systemd/system/mta-stsd-verify.service
			-rw-r--r-- root/root ./usr/lib/systemd/system/mta-stsd-verify.timer
			-rw-r--r-- root/root ./usr/lib/systemd/system/mta-stsd.service
			-rw-r--r-- root/root ./usr/lib/systemd/system/mta-stsd.socket
			-rw-r--r-- root/root ./usr/lib/sysusers.d/mta-stsd.conf
			-rw-r--r-- root/root ./usr/lib/tmpfiles.d/mta-stsd.conf
			-rwxr-xr-x root/root ./usr/sbin/mta-stsd
			-rw-r--r-- root/root ./usr/share/bash-completion/completions/mta-stsctl
			-rw-r--r-- root/root ./usr/share/doc/mta-stsd/README.md.gz
			-rw-r--r-- root/root ./usr/share/doc/mta-stsd/SECURITY.md.gz
			-rw-r--r-- root/root ./usr/share/doc/mta-stsd/bind.conf
			-rw-r--r-- root/root ./usr/share/doc/mta-stsd/changelog.gz
			-rw-r--r-- root/root ./usr/share/doc/mta-stsd/copyright
			-rw-r--r-- root/root ./usr/share/doc/mta-stsd/examples/mta-stsd.rules.yml
			-rw-r--r-- root/root ./usr/share/doc/mta-stsd/examples/mta-stsd.yaml
			-rw-r--r-- root/root ./usr/share/doc/mta-stsd/examples/providers.yaml
			-rw-r--r-- root/root ./usr/share/man/man1/mta-stsctl.1.gz
			-rw-r--r-- root/root ./usr/share/man/man5/mta-stsd.yaml.5.gz
			-rw-r--r-- root/root ./usr/share/man/man8/mta-stsd.8.gz
		END
		diff - <(dpkg-deb -I "$W/$release.deb" conffiles) <<-END
			/etc/mta-stsd/mta-stsd.yaml
			/etc/mta-stsd/providers.yaml
		END
	done
}

@test "lintian, the newer one, finds neither an error nor a thing to warn of" {
	local release at=$W/trixie-build
	# Debian 12 has its units below /lib, which a newer one may not
	local known=(--suppress-tags aliased-location)
	for release in $RELEASES; do
		[ "$release" = bookworm ] || known=()
		cp "$W/$release.deb" "$at/checked.deb"
		NETWORK=no "$HERE/inside" "$at" lintian --allow-root \
		    --fail-on error,warning "${known[@]}" /checked.deb
	done
}

@test "installed: its user, its state, its units; and it serves as it is" {
	local release
	for release in $RELEASES; do
		begin "$release"
		inside getent passwd mta-stsd |
		    grep -E '^mta-stsd:[^:]*:[0-9]+:[0-9]+:.*:/var/lib/mta-stsd:/usr/sbin/nologin$'
		inside passwd -S mta-stsd | grep -E '^mta-stsd (L|LK) '
		[ "$(inside stat -c '%U %G %a' /var/lib/mta-stsd)" = \
		    'mta-stsd mta-stsd 750' ]
		diff - <(links) <<-END
			./system/multi-user.target.wants/mta-stsd.service
			./system/sockets.target.wants/mta-stsd.socket
		END
		inside mta-stsctl check
		inside systemd-analyze verify --man=no mta-stsd.service \
		    mta-stsd.socket mta-stsd-verify.timer 2>&1 | tee "$ROOT/said"
		[ ! -s "$ROOT/said" ]
		inside sh -c 'mta-stsd 2>/log & pid=$!
			until grep -q "serving 1 domain" /log; do
				kill -0 $pid || exit 1
				sleep 0.1
			done
			kill $pid && wait $pid' || fail "$(cat "$ROOT/log")"
		refute grep '^error' "$ROOT/log"
	done
}

@test "installed where systemd runs: sockets and service start, no timer" {
	local release
	for release in $RELEASES; do
		begin "$release"
		inside dpkg -P mta-stsd
		pretend_systemd
		apt_get install /new.deb
		told 'start mta-stsd.service' 'start mta-stsd.socket'
	done
}

@test "upgrade: what the administrator did stays, the rest is the new one" {
	local release
	for release in $RELEASES; do
		begin "$release"
		inside dpkg -P mta-stsd
		inside dpkg -i /old.deb
		[ -e "$ROOT/usr/lib/mta-stsd/of-0.0.9" ]
		use_it
		inside systemctl disable mta-stsd.socket
		inside systemctl enable mta-stsd-verify.timer
		pretend_systemd
		apt_get install /new.deb
		refute test -e "$ROOT/usr/lib/mta-stsd/of-0.0.9"
		[ "$(sum)" = "$sum_before" ]
		cmp "$ETC/providers.yaml" "$HERE/../../conf/providers.yaml"
		diff - <(links) <<-END
			./system/multi-user.target.wants/mta-stsd.service
			./system/timers.target.wants/mta-stsd-verify.timer
		END
		# not one moment without sockets
		told 'restart mta-stsd.service' 'start mta-stsd.socket' \
		    'try-restart mta-stsd-verify.timer'
	done
}

@test "upgrade: both have changed a file, and the administrator's stays" {
	local release
	for release in $RELEASES; do
		begin "$release"
		inside dpkg -P mta-stsd
		inside dpkg -i /old.deb
		echo '# mine' >>"$ETC/providers.yaml"
		apt_get -o Dpkg::Options::=--force-confdef \
		    -o Dpkg::Options::=--force-confold install /new.deb
		diff - <(tail -n 2 "$ETC/providers.yaml") <<-END
			# of 0.0.9
			# mine
		END
		cmp "$ETC/providers.yaml.dpkg-dist" \
		    "$HERE/../../conf/providers.yaml"
	done
}

@test "remove: it is stopped and gone; configuration, state, user are left" {
	local release
	for release in $RELEASES; do
		begin "$release"
		use_it
		pretend_systemd
		apt_get remove mta-stsd
		told 'stop mta-stsd-verify.timer' 'stop mta-stsd.socket' \
		    'stop mta-stsd.service'
		program_is_gone
		[ "$(sum)" = "$sum_before" ]
		inside getent passwd mta-stsd
		# and installed anew all is as it was
		apt_get install /new.deb
		[ "$(sum)" = "$sum_before" ]
	done
}

@test "purge: nothing is left, but for the user" {
	local release
	for release in $RELEASES; do
		begin "$release"
		use_it
		inside systemctl enable mta-stsd-verify.timer
		[ "$(links | wc -l)" = 3 ]
		apt_get purge mta-stsd
		program_is_gone
		refute test -e "$ETC"
		refute test -e "$STATE"
		[ -z "$(links)" ]
		[ -z "$(find "$ROOT/var/lib/systemd" "$ROOT/etc" -name '*mta-stsd*')" ]
		[ -z "$(find "$ROOT/etc/systemd" -xtype l)" ]
		inside getent passwd mta-stsd
	done
}

@test "purge after remove, too; but never what is mounted from elsewhere" {
	local release
	for release in $RELEASES; do
		begin "$release"
		use_it
		apt_get remove mta-stsd
		mount -t tmpfs none "$STATE"
		echo shared >"$STATE/key.pem"
		apt_get purge mta-stsd 2>&1 | tee "$ROOT/said"
		grep -q 'mta-stsd: /var/lib/mta-stsd is a mount point' "$ROOT/said"
		grep -qx shared "$STATE/key.pem"
		refute test -e "$ETC"
	done
}
