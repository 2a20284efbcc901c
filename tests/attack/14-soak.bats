# SPDX-License-Identifier: ISC
# Fetches, reloads, rotations and slow clients together, for long: afterwards
# memory, descriptors and processes are as after the first part of it.
# MTA_STSD_SOAK_S: how many seconds.

load lib

NAMES=(a.example.com b.example.com c.example.com)

write() {
	conf <<-END
		domains:
		$(entries "$1" "${NAMES[@]}")
	END
}

prepare() {
	LIMITS='handshake: 3s, head: 3s, answer: 3s, total: 8s'
	SOAK=${MTA_STSD_SOAK_S:-$(size 60 1800)}
	write 604800 >"$CONF"
	selfsign
	# Two sets of pairs by one authority, by turns.
	cp -r "$CERTS" "$T/first"
	selfsign --dir "$T/second"
	cat "$T/second/ca.pem" >>"$CA"
	bodies "$T/old" 604800 "${NAMES[@]}"
	bodies "$T/new" 604801 "${NAMES[@]}"
}

# Three kinds of trouble, one after the other, as long as they are wanted.
trouble() {
	local before
	while ((SECONDS < END)); do
		TURNS=$((TURNS + 1))
		before=$(generations)
		write $((604800 + TURNS % 2)) | replace "$CONF"
		reload
		wait_generation "$before" 20
		before=$(generations)
		if ((TURNS % 2)); then
			py rotate "$T/second" "$CERTS" together
		else
			py rotate "$T/first" "$CERTS" together
		fi
		wait_generation "$before" 20
		settled
	done
}

# No generation is under way, and none drains.
settled() {
	wait_until 30 "one generation alone" only_one
}

only_one() {
	[ "$(workers | wc -l)" = "$WORKERS" ]
}

# part SECONDS: of the soak, with clients of all kinds.
part() {
	local slow
	END=$((SECONDS + $1))
	start_load -c 2 -d 20000 "$T/old" "$T/new"
	while ((SECONDS < END)); do
		py_behind "$T/slow" slow "$ADDR" "$PORT" "$CA" \
		    mta-sts.a.example.com 10 3 3
		slow=$!
		trouble_until_gone "$slow"
	done
	end_load
	cat "$T/load.out"
	settled
}

# trouble, and at least until the slow clients have ended.
trouble_until_gone() {
	trouble
	wait_until 60 "the slow clients" gone "$1"
}

# state: memory in KiB, descriptors and processes of all of it.
state() {
	local pid memory=0 descriptors=0 count=0
	for pid in "$MANAGER" $(workers); do
		memory=$((memory + $(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")))
		descriptors=$((descriptors + $(find "/proc/$pid/fd" -mindepth 1 | wc -l)))
		count=$((count + 1))
	done
	STATE=("$memory" "$descriptors" "$count")
	echo "memory $memory KiB, descriptors $descriptors, processes $count"
}

@test "fetches, reloads, rotations and slow clients together" {
	local first
	TURNS=0
	start_daemon
	part $((SOAK / 3))
	state
	first=("${STATE[@]}")
	part $((SOAK * 2 / 3))
	state
	echo "$TURNS turns"
	[ "${STATE[1]}" = "${first[1]}" ]
	[ "${STATE[2]}" = "${first[2]}" ]
	sanitized || ((STATE[0] - first[0] < 4096)) || fail "it grew"
	refute log_has 'killed by signal'
}
