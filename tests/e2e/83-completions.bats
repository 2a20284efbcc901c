#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What bash offers for mta-stsctl is what its --help tells, and no more.

bats_require_minimum_version 1.5.0
load lib

prepare() {
	PATH=$BIN:$PATH
	HERE=$(realpath "$HERE")
	cd "$T" || return
	# shellcheck source=/dev/null
	source "$HERE/../../ctl/mta-stsctl.bash"
}

# offers WORD... : WANTED...: for the last word, as it is typed so far.
offers() {
	COMP_WORDS=(mta-stsctl)
	while [ "$1" != : ]; do
		COMP_WORDS+=("$1")
		shift
	done
	shift
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_mta_stsctl || true # as in a shell, without -e
	diff <(printf '%s\n' "${COMPREPLY[@]}" | sort) \
	    <(printf '%s\n' "$@" | sort) || fail "for: ${COMP_WORDS[*]}"
}

# In the lines of usage, all that looks like an option.
options_of() {
	echo --help
	mta-stsctl "$1" --help | sed '/^$/q' | grep -oE -- '--[a-z-]+' || true
}

verbs() {
	mta-stsctl -h | sed -n 's/^  \([a-z]*\)  .*/\1/p'
}

@test "every verb, and every option of its --help" {
	local verb options
	mapfile -t all < <(verbs)
	[ "${#all[@]}" -ge 9 ]
	offers '' : -c -h -V "${all[@]}"
	offers -c some.yaml '' : -c -h -V "${all[@]}"
	for verb in "${all[@]}"; do
		mapfile -t options < <(options_of "$verb")
		offers "$verb" - : "${options[@]}"
		offers -c some.yaml "$verb" --h : --help
	done
	offers rec : records
	offers verify --po : --policy-only --port
	offers forget '' :
}

@test "formats are those that the verb takes" {
	local verb format
	for verb in records verify; do
		mapfile -t formats < <(mta-stsctl "$verb" --help |
		    sed -n 's/.*--format \([a-z|]*|[a-z]*\).*/\1/p' | tr '|' '\n')
		[ "${#formats[@]}" = 4 ]
		offers "$verb" --format '' : "${formats[@]}"
		offers "$verb" --format = : "${formats[@]}"
		offers "$verb" --format = js : json
	done
	offers verify --jobs '' :
	offers verify --format x :
}

@test "files and directories" {
	touch a.yaml 'a b.pem'
	mkdir dir
	offers -c '' : 'a b.pem' a.yaml dir conf certs log
	offers verify --ca a : 'a b.pem' a.yaml
	offers import --jobs 3 a. : a.yaml
	offers selfsign --dir d : dir
}

@test "domains of the configuration that -c names" {
	SETTINGS="host: policies.example.net
delegated: sts.example.net
acme: { agree_to_terms: true }"
	conf >"$CONF" <<-END
		domains:
		$(domain a.example enforce 604800 mail.example.com)
		$(domain b.example enforce 604800 mail.example.com)
	END
	local verb
	for verb in render records verify status renew; do
		offers -c "$CONF" "$verb" '' : a.example b.example
		offers -c "$CONF" "$verb" b : b.example
	done
	HOME=$T
	# shellcheck disable=SC2088 # as it is typed
	offers -c '~/conf/mta-stsd.yaml' verify --no-smtp a : a.example
	offers -c none.yaml verify a :
}

@test "bash itself asks it" {
	[ "$(complete -p mta-stsctl)" = "complete -F _mta_stsctl mta-stsctl" ]
}
