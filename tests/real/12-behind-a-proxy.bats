# SPDX-License-Identifier: ISC
# Behind nginx, set up by the README's own words: TLS passed through by SNI
# with the peer's address, both challenges on their way, and plain HTTP.

load lib

README=$REAL_HERE/../../README.md

prepare() {
	dns_start
	ca_start
	NAMES=(a.example.com b.example.com)
	ACCESS=on
	HTTPS='"127.0.0.1:8443"'
	HTTP='"127.0.0.1:8080"'
	point "${NAMES[@]}"
}

# block FIRST: of the README, from that line on, indented as all of it.
block() {
	awk -v first="    $1" '$0 == first { on = 1 }
	    on { print }
	    on && /^    }/ { exit }' "$README"
}

nginx_start() {
	{
		cat <<-END
			load_module /usr/lib/nginx/modules/ngx_stream_module.so;
			user nobody nogroup;
			daemon off;
			master_process off;
			pid $T/nginx.pid;
			error_log $T/nginx.log info;
			events { }
		END
		block 'stream {'
		cat <<-END
			http {
				access_log off;
				server {
					listen 127.0.0.1:4443 ssl proxy_protocol;
					ssl_certificate $WORLD/leaf.pem;
					ssl_certificate_key $WORLD/leaf.key;
					return 200 "nginx itself\n";
				}
		END
		block 'server {'
		[ $# = 0 ] || printf '%s\n' "$@"
		echo '}'
	} >"$T/nginx.conf"
	nginx -e "$T/nginx.err" -c "$T/nginx.conf" 3>&- &
	HELPERS+=($!)
	wait_until 20 "nginx to run" curl -s -o /dev/null "http://$ADDR/"
}

# behind: the configuration, with nginx as a proxy.
behind() {
	conf "${NAMES[@]}" | sed 's/^listen: {/& proxies: [127.0.0.1],/'
}

@test "nginx passes TLS on: issued, served, and the peer is seen" {
	nginx_start
	behind >"$CONF"
	start_daemon
	wait_served 60 "${NAMES[@]}"
	curl -sS -o /dev/null --interface 192.0.2.77 --cacert "$CA" \
	    --connect-to "::$ADDR:443" \
	    "https://mta-sts.a.example.com/.well-known/mta-sts.txt"
	wait_log 'fetch host=mta-sts.a.example.com peer=192\.0\.2\.77 '
	# Its own sites are its own, and what is nobody's is not ours.
	run curl -sS --cacert "$BUNDLE" --connect-to "::$ADDR:443" \
	    https://ca.example.net/
	[ "$output" = "nginx itself" ]
	# Challenges alone come through on port 80.
	[ "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' \
	    -H 'Host: mta-sts.a.example.com' "http://$ADDR/x")" = \
	    '301 https://mta-sts.a.example.com/x' ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' \
	    -H 'Host: mta-sts.a.example.com' \
	    "http://$ADDR/.well-known/acme-challenge/none")" = 404 ]
}

@test "each challenge comes through nginx by itself" {
	nginx_start
	for CHALLENGES in http-01 tls-alpn-01; do
		rm -rf "${STATE:?}"/*
		behind >"$CONF"
		start_daemon
		wait_served 60 "${NAMES[@]}"
		stop_daemon
	done
}

@test "where nginx ends TLS: plain, by Host, with the peer it tells" {
	local name
	nginx_start "server {
		listen 127.0.0.9:444 ssl;
		ssl_certificate $WORLD/leaf.pem;
		ssl_certificate_key $WORLD/leaf.key;
		location / {
			proxy_set_header Host \$host;
			proxy_set_header X-Forwarded-For \$remote_addr;
			proxy_pass http://127.0.0.1:8081;
		}
	}"
	REDIRECT=http://vps1.example.net # nothing is ordered
	conf "${NAMES[@]}" | sed -E '/^acme:/d
	    s/^listen: .*/listen: { https: off, plain: "127.0.0.1:8081", proxies: [127.0.0.1], admin: off }/' \
	    >"$CONF"
	start_daemon
	for name in "${NAMES[@]}"; do
		curl -sS -k --interface 127.0.0.33 --connect-to ::127.0.0.9:444 \
		    "https://mta-sts.$name/.well-known/mta-sts.txt" |
		    cmp - <(policy enforce 604800 "mx.$name")
	done
	wait_log 'fetch host=mta-sts.a.example.com peer=127\.0\.0\.33 '
}
