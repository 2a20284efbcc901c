# SPDX-License-Identifier: ISC
# However a file is changed, the change is live soon, and a client that
# fetches without pause sees no failed fetch and no mixed answer.

load lib

NAMES=(a.example.com b.example.com c.example.com)

prepare() {
	write 604800 >"$CONF"
	selfsign
	bodies "$T/1" 604800 "${NAMES[@]}"
	bodies "$T/2" 604801 "${NAMES[@]}"
	bodies "$T/3" 604802 "${NAMES[@]}"
}

write() {
	conf <<-END
		include: [domains.d/*.yaml]
		domains:
		$(entries "$1" "${NAMES[@]}")
	END
}

# live WHAT MAX_AGE [SECONDS]: so it is served in the end.
live() {
	wait_until "${3:-3}" "$1 to be live" serves_age "$2" "${NAMES[@]}"
}

under_load() {
	start_daemon
	start_load -c 4 -m "$T/1" "$T/2" "$T/3"
}

@test "a file edited in place, told with the record to publish" {
	under_load
	write 604801 | edit "$CONF"
	live "the edited file" 604801
	log_has "notice: a\.example\.com: .*v=STSv1; id=$(policy_id <"$T/2/a.example.com");"
	write 604802 | edit "$CONF"
	live "the second edit" 604802
	end_load
	[ "$(log_count 'notice: a\.example\.com: ')" -ge 2 ]
}

@test "a file renamed over" {
	under_load
	write 604801 | replace "$CONF"
	live "the renamed file" 604801
	write 604802 | replace "$CONF"
	live "the second" 604802
	end_load
}

@test "a symlink swapped as Kubernetes does" {
	mkdir "$T/conf/..1" "$T/conf/..2" "$T/conf/..3"
	write 604800 >"$T/conf/..1/mta-stsd.yaml"
	write 604801 >"$T/conf/..2/mta-stsd.yaml"
	write 604802 >"$T/conf/..3/mta-stsd.yaml"
	rm "$CONF"
	ln -s ..1 "$T/conf/..data"
	ln -s ..data/mta-stsd.yaml "$CONF"
	under_load
	ln -s ..2 "$T/conf/..tmp"
	mv -T "$T/conf/..tmp" "$T/conf/..data"
	live "the swapped directory" 604801
	rm -r "$T/conf/..1"
	ln -s ..3 "$T/conf/..tmp"
	mv -T "$T/conf/..tmp" "$T/conf/..data"
	live "the second swap" 604802
	end_load
}

@test "a symlink to a file elsewhere, and that file changed" {
	mkdir "$T/elsewhere"
	mv "$CONF" "$T/elsewhere/real.yaml"
	ln -s ../elsewhere/real.yaml "$CONF"
	under_load
	write 604801 | replace "$T/elsewhere/real.yaml"
	live "the file that the link names" 604801
	write 604802 | edit "$T/elsewhere/real.yaml"
	live "its edit" 604802
	end_load
}

@test "an included file added, changed and removed" {
	expect_log "$LOG_GONE"
	local extra=$T/conf/domains.d/extra.yaml
	extra() {
		echo 'domains:'
		domain extra.example.net enforce "$1" mx.example.net
	}
	mkdir "$T/conf/domains.d"
	extra 604800 >"$extra"
	selfsign
	rm "$extra"
	expect_log '^(warning|error): .*extra' "$LOG_KEPT"
	under_load
	extra 604800 >"$extra"
	wait_until 3 "the added file" \
	    serves extra.example.net enforce 604800 mx.example.net
	extra 604801 | replace "$extra"
	wait_until 3 "the changed file" \
	    serves extra.example.net enforce 604801 mx.example.net
	# gone: its domains keep (the table of faults), until SIGUSR1
	rm "$extra"
	wait_log '^(error|warning): .*extra\.yaml'
	serves extra.example.net enforce 604801 mx.example.net
	kill -USR1 "$MANAGER"
	wait_until 3 "the removed file" refute_served mta-sts.extra.example.net
	end_load
}

refute_served() {
	! fetch "$1"
}

@test "a directory of included files that is made later" {
	# the file may be seen before the pair
	expect_log '^warning: mta-sts\.late\.example\.net: no certificate'
	under_load
	# its certificate may come a moment too late on a busy machine
	expect_log '^warning: mta-sts\.late\.example\.net: no certificate'
	mkdir "$T/conf/domains.d"
	printf 'domains:\n%s\n' \
	    "$(domain late.example.net enforce 604800 mx.example.net)" \
	    >"$T/conf/domains.d/late.yaml"
	selfsign
	wait_until 35 "the late file" \
	    serves late.example.net enforce 604800 mx.example.net
	end_load
}

@test "SIGHUP takes a change at once, and nothing changes without one" {
	under_load
	before=$(generations)
	reload
	write 604801 | replace "$CONF"
	reload
	live "the file after SIGHUP" 604801 2
	end_load
	[ "$(generations)" -le $((before + 2)) ]
}

@test "a file system that does not tell: the stat every 30 s sees it" {
	local world=(unshare -Ur sh -c
	    "echo 0 >/proc/sys/user/max_inotify_watches && exec \"\$@\"" -)
	"${world[@]}" true 2>"$T/why" ||
	    skip "no user namespaces here: $(cat "$T/why")"
	# a directory that is missing is looked for more often
	mkdir "$T/conf/domains.d"
	start_daemon "${world[@]}"
	wait_log '(cannot be watched|no inotify): '
	# SIGHUP needs no notification
	write 604801 | replace "$CONF"
	reload
	live "the file after SIGHUP" 604801
	# a look that belongs to a reload may still take the next change along,
	# but not this one and that one: one must wait for the half minute
	local age=604802
	while write "$age" | replace "$CONF" && live "$age" "$age" 2; do
		age=$((age + 1))
		[ "$age" -lt 604810 ] || fail "something told of the change"
	done
	live "the file that nobody told of" "$age" 35
}

@test "200 changes in a burst settle into few generations" {
	local n before began most
	write 604801 >"$T/odd"
	write 604802 >"$T/even"
	start_daemon
	start_load -c 4 "$T/1" "$T/2" "$T/3"
	before=$(generations)
	py burst "$CONF" 200 "$T/odd" "$T/even"
	live "the last of them" 604802 5
	end_load
	n=$(($(generations) - before))
	[ "$n" -le 3 ] || fail "$n generations"
}

@test "half a file is not the end: a slow writer is waited for or refused" {
	expect_log '^(error|warning): '
	under_load
	write 604801 >"$T/whole"
	head -c $(($(wc -c <"$T/whole") / 2)) "$T/whole" | edit "$CONF"
	wait_until 5 "the daemon to see half a file" \
	    log_has '^(error|warning): .*mta-stsd\.yaml|leav'
	edit "$CONF" <"$T/whole"
	live "the whole file" 604801
	end_load
}

@test "the directory deleted and made again" {
	expect_log '^error: '
	under_load
	write 604801 >"$T/next"
	rm -r "$T/conf"
	wait_log "$LOG_REFUSED" 35
	serves_age 604800 "${NAMES[@]}"
	mkdir "$T/conf"
	cp "$T/next" "$CONF"
	live "the file in the new directory" 604801 35
	# and from now on it is watched as before
	write 604802 | replace "$CONF"
	live "a change in the new directory" 604802
	end_load
}

@test "the directory moved away and made again leaves no watch behind" {
	local before
	watches() {
		cat "/proc/$MANAGER/fdinfo/"* 2>/dev/null | grep -c '^inotify wd'
	}
	no_more_watches() {
		[ "$(watches)" -le "$before" ]
	}
	expect_log '^error: '
	start_daemon
	before=$(watches)
	mv "$T/conf" "$T/away"
	wait_log "$LOG_REFUSED"
	sleep 1.5 # it is looked for every second
	mkdir "$T/conf"
	write 604801 >"$CONF"
	live "the file in the new directory" 604801
	wait_until 5 "as many watches as before" no_more_watches
	write 604802 | replace "$CONF"
	live "a change in the new directory" 604802
}

@test "a bind-mounted file replaced outside is told" {
	local world=(unshare -m)
	"${world[@]}" true 2>"$T/why" || world=(unshare -Urm)
	"${world[@]}" true 2>"$T/why" ||
	    skip "no mount namespaces here: $(cat "$T/why")"
	write 604800 >"$T/outside.yaml"
	: >"$CONF"
	expect_log '^(warning|error): .*(mount|director)'
	start_daemon "${world[@]}" sh -c \
	    'mount --bind "$1" "$2" && shift 2 && exec "$@"' - \
	    "$T/outside.yaml" "$CONF"
	# in place: seen as any other
	write 604801 | edit "$T/outside.yaml"
	live "the file edited outside" 604801
	# replaced: the mount shows the old one for ever, link count 0
	write 604802 | replace "$T/outside.yaml"
	wait_log '(warning|error): .*mount' 35
	serves_age 604801 "${NAMES[@]}"
}
