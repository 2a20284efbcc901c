# SPDX-License-Identifier: ISC
# HTTP as an attacker speaks it: the raw exchanges again, now with every door
# open, and the same bytes straight and through two proxies, who must not
# count another number of requests than we do.

load lib

prepare() {
	LIMITS='per_address: off, handshake: 4s, head: 2s, answer: 4s, total: 6s'
	everything
	HAPROXY=127.0.0.3
	NGINX=127.0.0.2
}

exchange() {
	py exchange "$1" --address "$ADDR" --ca "$CA" --policy "$T/policy" \
	    --log "$LOG" --https "$PORT" --plain 8081 --http 8080
}

@test "the raw exchanges, with every door open" {
	sed -i 's/mx.example.com/mail.example.com/' "$CONF" "$T/policy"
	start_attacked
	exchange "$HERE/http.table"
	exchange :mutations
	unharmed
}

nginx_start() {
	cat >"$T/nginx.conf" <<-END
		load_module /usr/lib/nginx/modules/ngx_stream_module.so;
		user nobody nogroup;
		daemon off;
		master_process off;
		pid $T/nginx.pid;
		error_log $T/nginx.err;
		events { }
		stream {
			server {
				listen $ADDR:9443;
				proxy_protocol on;
				proxy_pass $ADDR:$PORT;
			}
		}
		http {
			log_format counted '\$status \$upstream_status';
			access_log $T/nginx.log counted;
			client_header_timeout 300ms;
			keepalive_timeout 50ms;
			client_body_timeout 300ms;
			server {
				listen $ADDR:9081;
				proxy_bind $NGINX;
				location / {
					proxy_set_header Host \$host;
					proxy_set_header X-Forwarded-For \$remote_addr;
					proxy_pass http://$ADDR:8081;
				}
			}
		}
	END
	: >"$T/nginx.log"
	nginx -e "$T/nginx.err" -c "$T/nginx.conf" 3>&- &
	HELPERS+=($!)
}

haproxy_start() {
	cat >"$T/haproxy.cfg" <<-END
		global
			log stdout format raw local0
		defaults
			timeout connect 2s
			timeout client 300ms
			timeout server 8s
			timeout http-request 300ms
			timeout http-keep-alive 50ms
			log global
		listen passed
			mode tcp
			timeout client 8s
			no log
			bind $ADDR:9543
			server ours $ADDR:$PORT send-proxy-v2
		listen plain
			mode http
			log-format "%ST %s"
			bind $ADDR:9181
			http-request set-header X-Forwarded-For %[src]
			source $HAPROXY
			server ours $ADDR:8081
	END
	: >"$T/haproxy.log"
	haproxy -db -f "$T/haproxy.cfg" >"$T/haproxy.log" 2>"$T/haproxy.err" 3>&- &
	HELPERS+=($!)
}

answers_http() {
	curl -s -o "$T/curl" "http://$ADDR:$1/"
}

@test "straight, through nginx and through haproxy: the same count of requests" {
	sed -i "s/^listen: {/& proxies: [127.0.0.1, $NGINX, $HAPROXY],/" "$CONF"
	sed -i 's/ head: 2s/ head: 1s/' "$CONF"
	start_attacked
	nginx_start
	haproxy_start
	wait_until 20 "nginx" answers_http 9081
	wait_until 20 "haproxy" answers_http 9181
	cat >"$T/plan" <<-END
		[{"name": "straight", "to": ["$ADDR", 8081],
		  "source": "127.1.0.1", "peers": ["127.1.0.1"]},
		 {"name": "nginx", "to": ["$ADDR", 9081], "log": "$T/nginx.log",
		  "source": "127.1.0.2", "peers": ["127.1.0.2", "$NGINX"]},
		 {"name": "haproxy", "to": ["$ADDR", 9181],
		  "log": "$T/haproxy.log",
		  "source": "127.1.0.3", "peers": ["127.1.0.3", "$HAPROXY"]},
		 {"name": "straight by TLS", "to": ["$ADDR", $PORT], "tls": true,
		  "source": "127.1.0.4", "peers": ["127.1.0.4"]},
		 {"name": "nginx passing on", "to": ["$ADDR", 9443], "tls": true,
		  "source": "127.1.0.5", "peers": ["127.1.0.5"],
		  "like": "straight by TLS"},
		 {"name": "haproxy passing on", "to": ["$ADDR", 9543],
		  "tls": true, "source": "127.1.0.6", "peers": ["127.1.0.6"],
		  "like": "straight by TLS"}]
	END
	strike counts "$HERE/http.table" "$LOG" "$CA" mta-sts.example.com \
	    "$T/plan"
	unharmed
}
