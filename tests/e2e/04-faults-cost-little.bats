# SPDX-License-Identifier: ISC
# The table of faults of DESIGN section 2, a test a row: what holds while the
# daemon runs must also hold at a start after kill -9. While it runs a client
# fetches without pause, and not one fetch may fail.

load lib

MAIN=(m1.example.com m2.example.com m3.example.com)
INCLUDED=(i1.example.net i2.example.net i3.example.net)
OTHERS=(o1.example.org o2.example.org)
SHARED=(s1.example.com s2.example.com)

prepare() {
	expect_log '^(error|warning): .*mta-stsd\.yaml' \
	    '^(error|warning): .*domains\.d/' "$LOG_REFUSED" "$LOG_KEPT" \
	    "$LOG_LAST_GOOD"
	mkdir "$T/conf/domains.d"
	main 604800 >"$CONF"
	included 604800 >"$T/conf/domains.d/i.yaml"
	others 604800 >"$T/conf/domains.d/o.yaml"
	selfsign
	bodies "$T/1" 604800 "${MAIN[@]}" "${INCLUDED[@]}" "${OTHERS[@]}"
	bodies "$T/2" 604801 "${MAIN[@]}" "${INCLUDED[@]}" "${OTHERS[@]}"
}

# main MAX_AGE [SHARED_POLICY]: the main file.
main() {
	conf <<-END
		include: [domains.d/*.yaml]
		policies:
		  shared: ${2:-"{ mode: enforce, max_age: 604800, mx: [mx.shared.example.net] }"}
		domains:
		$(entries "$1" "${MAIN[@]}")
		$(printf '  %s: shared\n' "${SHARED[@]}")
	END
}

included() {
	echo 'domains:'
	entries "$1" "${INCLUDED[@]}"
}

others() {
	echo 'domains:'
	entries "$1" "${OTHERS[@]}"
}

serves_shared() {
	local name
	for name in "${SHARED[@]}"; do
		serves "$name" enforce "${1:-604800}" mx.shared.example.net ||
		    return 1
	done
}

# row CHANGE HOLDS [START_PREFIX...]: HOLDS comes true after CHANGE under
# load, and is true again after a crash and a start.
row() {
	local change=$1 holds=$2
	shift 2
	start_daemon
	start_load -c 4 -m "$T/1" "$T/2"
	"$change"
	reload
	wait_until 10 "what the table of faults says ($holds)" "$holds"
	end_load
	kill_daemon
	start_daemon "$@"
	"$holds" || fail "not so after a start"
}

nothing_changed() {
	log_has "$LOG_REFUSED" &&
	    serves_age 604800 "${MAIN[@]}" "${INCLUDED[@]}" "${OTHERS[@]}" &&
	    serves_shared
}

@test "the main file is no YAML: nothing changes" {
	change() {
		{
			main 604801
			echo '  x.example.com: ['
		} | replace "$CONF"
		included 604801 | replace "$T/conf/domains.d/i.yaml"
	}
	row change nothing_changed
}

@test "the main file is cut inside its first line: nothing changes" {
	change() {
		echo -n 'listen: { htt' | replace "$CONF"
	}
	row change nothing_changed env "STATE_DIRECTORY=$T/state"
}

@test "the main file is empty: nothing changes" {
	change() {
		replace "$CONF" </dev/null
	}
	row change nothing_changed env "STATE_DIRECTORY=$T/state"
}

@test "the main file is gone: nothing changes" {
	change() {
		rm "$CONF"
	}
	row change nothing_changed env "STATE_DIRECTORY=$T/state"
}

@test "the main file is a directory: nothing changes" {
	change() {
		rm "$CONF"
		mkdir "$CONF"
	}
	row change nothing_changed env "STATE_DIRECTORY=$T/state"
}

@test "a setting is wrong: nothing changes, and every fault is told" {
	change() {
		{
			main 604801
			echo 'workers: many'
			echo 'acme: { agree_to_terms: perhaps }'
			echo 'colour: blue'
		} | sed '/^workers: 2/d' | replace "$CONF"
	}
	row change nothing_changed
	log_has '^error: .*mta-stsd\.yaml:[0-9]+:[0-9]+: .*workers'
	log_has '^error: .*mta-stsd\.yaml:[0-9]+:[0-9]+: .*agree_to_terms'
	log_has '^error: .*mta-stsd\.yaml:[0-9]+:[0-9]+: .*colour'
}

included_kept() {
	serves_age 604800 "${INCLUDED[@]}" &&
	    serves_age 604801 "${MAIN[@]}" "${OTHERS[@]}" && serves_shared
}

@test "an included file is no YAML: its domains keep, the others go on" {
	change() {
		printf 'domains:\n\t%s: {\n' "${INCLUDED[0]}" |
		    replace "$T/conf/domains.d/i.yaml"
		others 604801 | replace "$T/conf/domains.d/o.yaml"
		main 604801 | replace "$CONF"
	}
	row change included_kept
	log_has '^error: .*domains\.d/i\.yaml:[0-9]+'
}

@test "an included file cannot be read: its domains keep" {
	change() {
		rm "$T/conf/domains.d/i.yaml"
		mkdir "$T/conf/domains.d/i.yaml"
		others 604801 | replace "$T/conf/domains.d/o.yaml"
		main 604801 | replace "$CONF"
	}
	row change included_kept
}

@test "an included file is gone: its domains keep" {
	change() {
		rm "$T/conf/domains.d/i.yaml"
		others 604801 | replace "$T/conf/domains.d/o.yaml"
		main 604801 | replace "$CONF"
	}
	row change included_kept
}

@test "a named policy is wrong: the domains that use it keep" {
	change() {
		main 604801 '{ mode: enforced, max_age: 604801, mx: [mx.shared.example.net] }' |
		    replace "$CONF"
	}
	shared_kept() {
		serves_shared && serves_age 604801 "${MAIN[@]}"
	}
	row change shared_kept
	log_has '^error: .*did you mean "enforce"'
}

@test "a domain's entry is wrong: that domain keeps" {
	change() {
		main 604801 | sed '/m2\.example\.com/s/604801/31557601/' |
		    replace "$CONF"
	}
	m2_kept() {
		serves_age 604800 m2.example.com &&
		    serves_age 604801 m1.example.com m3.example.com &&
		    serves_shared
	}
	row change m2_kept
	log_has '^error: .*mta-stsd\.yaml:[0-9]+:[0-9]+: m2\.example\.com: .*31557601'
}

@test "a domain is given twice, in two files: that domain keeps" {
	change() {
		{
			others 604801
			entries 604801 m2.example.com
		} | replace "$T/conf/domains.d/o.yaml"
		main 604801 | replace "$CONF"
	}
	m2_kept() {
		serves_age 604800 m2.example.com "${INCLUDED[@]}" &&
		    serves_age 604801 m1.example.com "${OTHERS[@]}"
	}
	row change m2_kept
	log_has '^error: .*m2\.example\.com'
}

@test "a domain is given twice in one file: that domain keeps" {
	change() {
		{
			others 604801
			entries 604801 "${OTHERS[0]}"
		} | replace "$T/conf/domains.d/o.yaml"
		main 604801 | replace "$CONF"
	}
	twice_kept() {
		serves_age 604800 "${OTHERS[0]}" &&
		    serves_age 604801 "${OTHERS[1]}" "${MAIN[@]}"
	}
	row change twice_kept
}

@test "listen, user or state changed: told, and the rest is taken" {
	change() {
		main 604801 | sed "s|$ADDR:$PORT|$ADDR:8444|
		    s|^state: .*|state: $T/other|" | replace "$CONF"
	}
	expect_log '^(warning|error|notice): .*restart'
	start_daemon
	start_load -c 4 -m "$T/1" "$T/2"
	change
	wait_until 10 "the change" serves_age 604801 "${MAIN[@]}"
	end_load
	wait_log '(warning|notice|error): .*listen.*restart'
	wait_log '(warning|notice|error): .*state.*restart'
	serves_age 604800 "${INCLUDED[@]}"
	refute curl -s -o /dev/null "http://$ADDR:8444/"
	# after one it is taken
	kill_daemon
	PORT=8444
	start_daemon
	serves_age 604801 "${MAIN[@]}"
}

# --- the brake

@test "more than 30 % would leave: they stay, the rest is taken; SIGUSR1 takes all" {
	expect_log "$LOG_GONE"
	change() {
		main 604801 | sed '/ m[23]\.example/d; / s[12]\.example/d' |
		    replace "$CONF"
	}
	leaving_stay() {
		serves_age 604800 m2.example.com m3.example.com \
		    "${INCLUDED[@]}" && serves_shared &&
		    serves_age 604801 m1.example.com
	}
	all_left() {
		serves_age 604801 m1.example.com &&
		    ! fetch mta-sts.m2.example.com && ! serves_shared
	}
	expect_log '^(error|warning): .*(leave|leaving)'
	row change leaving_stay
	log_has '(error|warning): .*(leave|leaving)'
	kill -USR1 "$MANAGER"
	wait_until 10 "the file as it stands" all_left
	kill_daemon
	start_daemon
	all_left
}

@test "an empty list of domains: all stay" {
	change() {
		conf <<<'domains:' | replace "$CONF"
	}
	all_stay() {
		log_has '(error|warning): .*(leave|leaving)' &&
		    serves_age 604800 "${MAIN[@]}" "${INCLUDED[@]}" &&
		    serves_shared
	}
	expect_log '^(error|warning): .*(leave|leaving)'
	row change all_stay
}

@test "fewer than three, or those in mode none, leave at once" {
	expect_log "$LOG_GONE"
	conf >"$CONF" <<-END
		domains:
		$(entries 604800 a.example.com b.example.com c.example.com)
		$(for n in {1..4}; do domain "n$n.example.com" none 86400 mx.example.com; done)
	END
	selfsign
	start_daemon
	conf <<-END | replace "$CONF"
		domains:
		$(entries 604800 a.example.com)
	END
	six_left() {
		! fetch mta-sts.b.example.com && ! fetch mta-sts.n1.example.com
	}
	wait_until 10 "six to leave" six_left
	serves_age 604800 a.example.com
}

@test "limits.leaving moves the brake" {
	expect_log "$LOG_GONE"
	LIMITS='leaving: 100%'
	conf() {
		cat <<-END
			listen: { https: "$ADDR:$PORT", admin: off }
			user: root
			state: $T/state
			certs: $CERTS
			limits: { leaving: 100% }
		END
		cat
	}
	conf >"$CONF" <<-END
		domains:
		$(entries 604800 $(many 10))
	END
	selfsign
	start_daemon
	conf <<-END | replace "$CONF"
		domains:
		$(entries 604800 d1.example.com)
	END
	wait_until 10 "nine to leave" refute_served mta-sts.d9.example.com
	serves_age 604800 d1.example.com
}

refute_served() {
	! fetch "$1"
}

# --- with no last good

@test "with no last good, wrong entries are left out" {
	main 604801 '{ mode: enforced }' |
	    sed '/m2\.example\.com/s/604801/31557601/' >"$CONF"
	start_daemon
	serves_age 604801 m1.example.com m3.example.com
	serves_age 604800 "${INCLUDED[@]}"
	refute_served mta-sts.m2.example.com
	refute_served mta-sts.s1.example.com
}

@test "with no last good, a main file that is no YAML is exit 1" {
	echo 'domains: [' >"$CONF"
	expect_log '^error: '
	local status=0
	launch env "STATE_DIRECTORY=$T/state"
	wait_until 10 "it to end" gone "$PID"
	wait "$PID" || status=$?
	PID=
	[ "$status" = 1 ]
	log_has '^error: .*mta-stsd\.yaml:[0-9]+:[0-9]+: '
}

@test "a last good that is not whole is told, and passed over" {
	start_daemon
	kill_daemon
	local file=$T/state/last-good
	[ -s "$file" ]
	printf 'x' | dd of="$file" bs=1 seek=100 conv=notrunc 2>/dev/null
	expect_log '^(error|warning): .*last-good'
	start_daemon
	log_has '^(error|warning): .*last-good'
	serves_age 604800 "${MAIN[@]}" "${INCLUDED[@]}"
}

# many_warnings: 250 domains, each with an id that has no effect.
many_warnings() {
	conf <<-END
		domains:
		$(seq -f '  d%g.example: { id: x, mode: none }' 250)
	END
}

@test "what is too much for a log is told by the gravest of it" {
	many_warnings >"$CONF"
	rm -r "$T/conf/domains.d"
	expect_log '^error: 51 more faults and warnings' \
	    'd[0-9]+\.example: no certificate'
	start_daemon
	log_has '^info: 50 more warnings: see mta-stsctl check'
	{
		many_warnings
		echo '  broken.example: { mode: none, id: [] }'
	} | replace "$CONF"
	wait_log '^error: 51 more faults and warnings: see mta-stsctl check'
}
