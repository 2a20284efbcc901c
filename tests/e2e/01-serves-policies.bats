# SPDX-License-Identifier: ISC
# Every form of an entry, as a sender sees it: the whole answer, and the id.

load lib

# Rows of policies.table to entries, bodies, and cases for exchange.py.
table() {
	local number=0 name entry expected served mode max_age mx
	while IFS=$'\t' read -r name entry expected; do
		[[ $name != '#'* && -n $name ]] || continue
		number=$((number + 1))
		[ "$name" != - ] || name=p$number.example.com
		read -r served mode max_age mx <<<"$expected"
		[ "$served" != - ] || served=$name
		echo "  $name: $entry" >>"$T/entries"
		echo "  $name: { mode: none, max_age: 90000 }" >>"$T/others"
		# shellcheck disable=SC2086 # a list of words
		policy "$mode" "$max_age" $mx >"$T/bodies/$served"
		printf '%s\n\tsni %s\n\tbody %s\n\t> %s\n\t= 200 policy\n' \
		    "row_$number" "mta-sts.$served" "$T/bodies/$served" \
		    "GET /.well-known/mta-sts.txt HTTP/1.1\\r\\nHost: mta-sts.$served\\r\\n\\r\\n" \
		    >>"$T/cases"
	done <"$HERE/policies.table"
}

prepare() {
	mkdir "$T/bodies"
	table
	conf >"$CONF" <<-END
		host: policies.example.net
		defaults: { mode: testing, max_age: 1w, tlsrpt: "mailto:t@example.net" }
		policies:
		  base: { mode: enforce, max_age: 86400, mx: [a.example.net, "*.b.example.net"] }
		  bare: { mx: [mx.bare.example.net] }
		  block:
		    mode: enforce
		    max_age: 2d
		    mx:
		      - one.example.net
		      - two.example.net
		domains:
		$(cat "$T/entries")
	END
	selfsign
	# what `check` would warn of, and this table tries on purpose
	expect_log '^warning: .*(max_age|bytes|TLSRPT|tlsrpt|id|pinned)'
}

@test "each of the table's entries is answered whole" {
	start_daemon
	[ "$(grep -c '^row_' "$T/cases")" -ge 40 ]
	py exchange "$T/cases" --address "$ADDR" --https "$PORT" --ca "$CA"
}

@test "rfc8461_h12 ids are of the bytes, in the log and in sha256sum" {
	local file name id
	cp "$CONF" "$T/last"
	{
		sed '/^domains:/q' "$T/last"
		cat "$T/others"
	} >"$CONF"
	start_daemon
	replace "$CONF" <"$T/last"
	for file in "$T"/bodies/*; do
		name=${file##*/}
		id=$(policy_id <"$file")
		wait_log "_mta-sts\.$name\. 3600 IN TXT \"v=STSv1; id=$id;\""
	done
}

@test "mta-stsctl render prints the bytes as they are served" {
	local file
	start_daemon
	for file in "$T"/bodies/p[1-9].example.com; do
		"$BIN/mta-stsctl" -c "$CONF" render "${file##*/}" >"$T/rendered"
		cmp "$T/rendered" "$file"
		cmp "$T/rendered" <(fetch "mta-sts.${file##*/}")
	done
}

@test "a pinned id is published as long as the bytes are the pinned ones" {
	local digits
	digits=$(policy enforce 604800 mx.example.com | sha256sum | cut -c1-8)
	pinned() {
		conf <<-END
			domains:
			  example.com: { mode: enforce, max_age: $1, mx: [mx.example.com], id: "20231019145600Z@$digits" }
		END
	}
	pinned 604801 >"$CONF"
	selfsign
	expect_log '^warning: .*id'
	start_daemon
	pinned 604800 | replace "$CONF"
	wait_log 'TXT "v=STSv1; id=20231019145600Z;"'
	pinned 604802 | replace "$CONF"
	wait_log "id=$(policy enforce 604802 mx.example.com | policy_id);"
}
