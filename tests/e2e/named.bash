# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# BIND as judge of records: named-checkzone, and a server in a network of its
# own, which is reached behind "${WITHIN[@]}". To be loaded after lib.

NAMED=$BATS_TEST_TMPDIR/named
WITHIN=()

# zone NAME...: an empty zone each, in $NAMED/NAME.zone, then standard input.
zone() {
	local name text
	text=$(cat)
	mkdir -p "$NAMED"
	for name; do
		cat >"$NAMED/$name.zone" <<-END
			\$TTL 60
			$name. SOA ns.$name. root.$name. 1 60 60 60 60
			$name. NS ns.$name.
			ns.$name. A 127.0.0.1
			$text
		END
	done
}

# checked NAME: the zone passes, whole and without a word.
checked() {
	named-checkzone -k fail -n fail -i local -w "$NAMED" "$1" "$1.zone" \
	    >"$T/checked" 2>&1 || fail "$(cat "$T/checked")"
	refute grep -vE '^(OK|zone .* loaded serial 1)$' "$T/checked"
}

# own_network: where port 53 is ours, and the system's resolver.
own_network() {
	local world=(unshare -rmn)
	"${world[@]}" true 2>"$T/why" ||
	    skip "no namespaces here: $(cat "$T/why")"
	"${world[@]}" sleep 300 3>&- &
	HELPERS+=($!)
	wait_until 5 "the network" grep -qx sleep "/proc/$!/comm"
	WITHIN=(nsenter -t $! -U -m -n --preserve-credentials)
	"${WITHIN[@]}" ip link set lo up
	echo "nameserver 127.0.0.1" >"$T/resolv.conf"
	"${WITHIN[@]}" mount --bind "$T/resolv.conf" /etc/resolv.conf
}

# start_named NAME...: a server for these zones, which takes updates.
start_named() {
	local name
	own_network
	{
		cat <<-END
			options {
				directory "$NAMED";
				pid-file none;
				session-keyfile none;
				listen-on { 127.0.0.1; };
				listen-on-v6 { none; };
				allow-query { any; };
				allow-recursion { any; };
				dnssec-validation no;
				empty-zones-enable no;
				notify no;
			};
			controls { };
		END
		for name; do
			cat <<-END
				zone "$name" {
					type primary;
					file "$name.zone";
					allow-update { any; };
				};
			END
		done
	} >"$NAMED/named.conf"
	"${WITHIN[@]}" named -g -n 1 -c "$NAMED/named.conf" >"$NAMED/log" 2>&1 3>&- &
	HELPERS+=($!)
	wait_until 20 "named to run" grep -q ' running$' "$NAMED/log" ||
	    fail "$(tail -n 20 "$NAMED/log")"
}

# answer TYPE NAME: what the server says, sorted.
answer() {
	"${WITHIN[@]}" dig +short +time=5 -t "$1" "$2" | sort
}

# update FILE: as a person would; not one message is refused.
update() {
	"${WITHIN[@]}" nsupdate "$1" >"$T/update" 2>&1 ||
	    fail "nsupdate: $(cat "$T/update")"
	[ ! -s "$T/update" ] || fail "nsupdate: $(cat "$T/update")"
}
