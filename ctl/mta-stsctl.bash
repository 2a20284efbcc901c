# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What mta-stsctl takes, for bash: source this, or put it as mta-stsctl where
# bash-completion looks. It needs none of bash-completion's own functions.
# Domains come from the configuration, by mta-stsctl itself.

_mta_stsctl_verbs='check records render import renew forget status health
    selfsign verify'

# A verb's options; all have --help.
_mta_stsctl_options() {
	case $1 in
	check) echo --strict ;;
	records) echo --format --ready --diff ;;
	verify)
		echo --format --problems --policy-only --wait --resolver --ca \
		    --port --jobs --no-smtp
		;;
	import) echo --jobs --ca ;;
	renew) echo --dry-run --force ;;
	status) echo --json ;;
	selfsign) echo --dir --days --rsa ;;
	esac
	echo --help
}

# The domains of a configuration, whose name is as it was typed.
_mta_stsctl_domains() {
	local file=${1/#\~\//$HOME/}
	mta-stsctl ${file:+-c "$file"} records --format csv 2>/dev/null |
	    sed -n 's/^\([^;]*\);_mta-sts\.\1;.*/\1/p'
}

# What may stand behind an option that wants a value; false: it wants none.
_mta_stsctl_value() {
	local verb=$1 option=$2 cur=$3
	case $verb:$option in
	records:--format) compgen -W 'zone csv json nsupdate' -- "$cur" ;;
	verify:--format) compgen -W 'table csv json nagios' -- "$cur" ;;
	:-c | *:--ca) compgen -f -- "$cur" ;;
	selfsign:--dir) compgen -d -- "$cur" ;;
	verify:--wait | verify:--resolver | verify:--port | *:--jobs | \
	    selfsign:--days) ;;
	*) return 1 ;;
	esac
	return 0 # also where nothing fits
}

_mta_stsctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} before=$((COMP_CWORD - 1))
	local option=${COMP_WORDS[COMP_CWORD - 1]} verb='' config='' i values
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c) config=${COMP_WORDS[++i]-} ;;
		-*) ;;
		*)
			verb=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	# --option=value are three words to bash.
	[ "$cur" != = ] || cur='' before=$COMP_CWORD
	[ "${COMP_WORDS[before]}" != = ] || option=${COMP_WORDS[before - 1]}
	if values=$(_mta_stsctl_value "$verb" "$option" "$cur"); then
		case $option in
		-c | --ca | --dir) compopt -o filenames 2>/dev/null ;;
		esac
	elif [ -z "$verb" ]; then
		values=$(compgen -W "-c -h -V $_mta_stsctl_verbs" -- "$cur")
	elif [[ $cur == -* ]]; then
		values=$(compgen -W "$(_mta_stsctl_options "$verb")" -- "$cur")
	else
		case $verb in
		render | records | verify | status | renew)
			values=$(compgen -W "$(_mta_stsctl_domains "$config")" \
			    -- "$cur")
			;;
		import)
			values=$(compgen -f -- "$cur")
			compopt -o filenames 2>/dev/null
			;;
		esac
	fi
	[ -z "$values" ] || mapfile -t COMPREPLY <<<"$values"
}

complete -F _mta_stsctl mta-stsctl
