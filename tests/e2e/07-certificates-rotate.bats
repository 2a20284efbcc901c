# SPDX-License-Identifier: ISC
# Certificates are exchanged under a client that fetches without pause, in
# every order and way of writing: the last good pair serves until a new good
# one is whole, and never is a certificate shown with another's key.

load lib

write_hosts() {
	conf >"$CONF" <<-END
		domains:
		$(entries 604800 "$@")
	END
	bodies "$T/1" 604800 "$@"
}

# Two sets of pairs by two roots; the first is in place.
two_sets() {
	selfsign --dir "$T/a"
	selfsign --dir "$T/b"
	cat "$T/a/ca.pem" "$T/b/ca.pem" >"$T/roots.pem"
	rm -r "$CERTS"
	cp -r "$T/a" "$CERTS"
	CA=$T/roots.pem
}

all_from() {
	py leaves "$ADDR" "$PORT" "$CA" "$1"
}

@test "500 pairs rotated twice under load: no handshake fails" {
	# shellcheck disable=SC2046 # a list of names
	write_hosts $(many 500)
	two_sets
	expect_log '^warning: certificate .*; its last good one is kept'
	start_daemon
	all_from "$T/a"
	start_load -c 8 -d 10000 "$T/1"
	py rotate "$T/b" "$CERTS" together
	wait_until 30 "all of the new pairs" all_from "$T/b"
	py rotate "$T/a" "$CERTS" apart
	wait_until 30 "all of the old pairs again" all_from "$T/a"
	end_load
}

@test "half a rotation: the last good pair serves until the new one is whole" {
	local way first
	write_hosts a.example.com b.example.com
	two_sets
	# what is half done is told, and is no more than that
	expect_log '^(warning|error|notice): .*mta-sts\.[ab]\.example\.com'
	start_daemon
	start_load -c 2 "$T/1"
	for way in replace edit; do
		for first in cert key; do
			py rotate "$T/b" "$CERTS" "$way-$first"
			reload
			# the other host's whole new pair shows that it was seen
			wait_until 10 "the half to be seen" \
			    all_from_two "$T/a" "$T/b"
			py rotate "$T/b" "$CERTS" together
			wait_until 10 "the new pairs" all_from "$T/b"
			py rotate "$T/a" "$CERTS" together
			wait_until 10 "the old pairs" all_from "$T/a"
		done
	done
	end_load
}

# b.example.com has its new pair, a.example.com its old one still.
all_from_two() {
	py leaves "$ADDR" "$PORT" "$CA" "$1" mta-sts.a.example.com &&
	    py leaves "$ADDR" "$PORT" "$CA" "$2" mta-sts.b.example.com
}

@test "a pair that comes for a host that had none is live soon" {
	write_hosts a.example.com b.example.com
	two_sets
	mv "$CERTS/mta-sts.b.example.com" "$T/b-cert"
	expect_log '^(warning|error): .*mta-sts\.b\.example\.com'
	start_daemon
	serves_age 604800 a.example.com
	mv "$T/b-cert" "$CERTS/mta-sts.b.example.com"
	wait_until 3 "the new pair" serves_age 604800 b.example.com
}

@test "hosts that come without a pair are told, once, our own as well" {
	write_hosts a.example.com
	selfsign
	expect_log '^warning: (mta-sts\.b\.example\.com|sts\.example\.net): no cert'
	start_daemon
	SETTINGS='host: sts.example.net'
	write_hosts a.example.com b.example.com
	reload_and_wait
	echo '# the same' >>"$CONF"
	reload_and_wait
	[ "$(log_count 'warning: mta-sts\.b\.example\.com: no cert')" = 1 ]
	[ "$(log_count 'warning: sts\.example\.net: no cert')" = 1 ]
}

@test "the first key of all, after its certificate, is live soon" {
	write_hosts a.example.com
	two_sets
	mv "$CERTS/private" "$T/keys"
	mkdir "$CERTS/private"
	expect_log '^(warning|error): .*mta-sts\.a\.example\.com'
	start_daemon
	sleep 0.5 # nothing else is to be read when the key comes
	mkdir "$CERTS/private/mta-sts.a.example.com"
	cp "$T/keys/mta-sts.a.example.com/key.pem" \
	    "$CERTS/private/mta-sts.a.example.com"
	wait_until 3 "the pair" serves_age 604800 a.example.com
}

@test "a pair that changed once is read once, and its generation is the last" {
	write_hosts a.example.com
	two_sets
	sed -i 's/level: info/level: debug/' "$CONF"
	expect_log '^(warning|error): .*mta-sts\.a\.example\.com'
	start_daemon
	sleep 0.5 # what was written just before the start has settled
	local before same='nothing that is served has changed' again
	before=$(generations)
	again=$(log_count "$same")
	py rotate "$T/b" "$CERTS" together
	wait_until 5 "the new pair" all_from "$T/b"
	sleep 1 # a second reading would come 200 ms after the first
	[ "$(generations)" = $((before + 1)) ]
	[ "$(log_count "$same")" = "$again" ]
}

@test "the directory of certificates deleted, and made again with others" {
	write_hosts a.example.com
	two_sets
	expect_log '^(warning|error): .*cert'
	start_daemon
	start_load -c 2 "$T/1"
	mv "$CERTS" "$T/away"
	wait_log '^(warning|error): .*its last good one is kept' 5
	all_from "$T/a"
	cp -r "$T/b" "$CERTS"
	wait_until 5 "the pairs in the new directory" all_from "$T/b"
	# and from now on it is watched as before
	py rotate "$T/a" "$CERTS" together
	wait_until 3 "a change in the new directory" all_from "$T/a"
	end_load
}

@test "a broken new pair leaves the last good one, also one that is gone" {
	write_hosts a.example.com
	two_sets
	expect_log '^(warning|error): .*mta-sts\.a\.example\.com' \
	    '^(warning|error): .*certs'
	start_daemon
	echo nonsense >"$CERTS/mta-sts.a.example.com/cert.pem"
	wait_log '^(warning|error): .*mta-sts\.a\.example\.com/cert\.pem' 5
	all_from "$T/a"
	rm -r "$CERTS/mta-sts.a.example.com"
	reload
	all_from "$T/a"
	py rotate "$T/b" "$CERTS" together
	wait_until 5 "the good one" all_from "$T/b"
}
