#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What an operator copies from: conf/ is right, and the manual knows all of it.

bats_require_minimum_version 1.5.0
load lib

# What stands behind a # and two, four ... blanks, or none, is a key.
uncommented() {
	sed -E '/^#acme: \{/d
		s/^#((  )*[^ ][^ ]*:( |$))/\1/' "$HERE/../../conf/mta-stsd.yaml"
}

well() {
	"$BIN/mta-stsctl" -c "$1" check --strict >"$T/out" 2>&1 ||
	    fail "$(cat "$T/out")"
	! [ "${2:-}" ] || grep -qF "$2" "$T/out" || fail "$(cat "$T/out")"
}

@test "the example configuration has nothing to complain of" {
	well "$HERE/../../conf/mta-stsd.yaml" "1 domain,"
	"$BIN/mta-stsd" -n -c "$HERE/../../conf/mta-stsd.yaml"
}

@test "nor has it with acme, or with every key uncommented" {
	cp "$HERE/../../conf/providers.yaml" "$T/conf"
	sed 's/^#\(acme: { agree\)/\1/' "$HERE/../../conf/mta-stsd.yaml" \
	    >"$T/conf/acme.yaml"
	grep -q '^acme: {' "$T/conf/acme.yaml"
	well "$T/conf/acme.yaml" "1 domain,"
	uncommented >"$T/conf/all.yaml"
	well "$T/conf/all.yaml" "4 domains,"
}

@test "every key of the schema is in the example and in the manual" {
	local key keys
	keys=$(grep -ohE '(ROW\(|\.name = )"[a-z0-9_]+"' \
	    "$HERE"/../../server/config/config_{schema,terms}.c |
	    sed 's/.*"\(.*\)"/\1/' | sort -u)
	[ "$(wc -w <<<"$keys")" -gt 40 ]
	for key in $keys; do
		grep -qE "(^|[ {#])$key:( |$)" \
		    "$HERE/../../conf/mta-stsd.yaml" ||
		    fail "not in conf/mta-stsd.yaml: $key"
		grep -qE "^\.(It )?Ic (.* )?$key( |$)" \
		    "$HERE/../../conf/mta-stsd.yaml.5" ||
		    fail "not in mta-stsd.yaml(5): $key"
	done
}

@test "the id of the README's policy is the one of its recipe" {
	local line id
	line=$(grep -A1 "printf 'version" "$HERE/../../README.md" |
	    tr -d '\n')
	id=$(bash -c "$line")
	[ ${#id} = 20 ]
	grep -qF "id=${id}Z;" "$HERE/../../README.md" ||
	    fail "README.md does not publish ${id}Z"
}

@test "the README's containers: their files, and what they mount" {
	local file
	py containers "$HERE/../../README.md" "$HERE/../../Dockerfile" "$T"
	[ "$(ls "$T"/main)" = $'one\nrenewing\nserving' ]
	for file in "$T"/main/*; do
		"$BIN/mta-stsctl" -c "$file" check >"$T/out" 2>&1 ||
		    fail "$file: $(cat "$T/out")"
		grep -q '1 domain,' "$T/out" || fail "$(cat "$T/out")"
	done
}
