# SPDX-License-Identifier: ISC
# A real Prometheus, with the rules of conf/: it reads what we tell, and an
# alert fires when it should and is over when that is.

load lib

PROMETHEUS=127.0.0.1:9190

prepare() {
	NAMES=(a.example.com b.example.com)
	REDIRECT=http://vps1.example.net # nothing is ordered
	write
}

write() {
	conf "${NAMES[@]}" | sed -E '/^acme:/d
	    s/^listen: .*/listen: { https: off, plain: "127.0.0.1:8081", admin: "127.0.0.1:9391" }/' |
	    replace "$CONF"
}

# The rules as they are, but for how long they wait, which is days in all.
prometheus_start() {
	sed 's/^\( *for:\) .*/\1 0s/' "$REAL_HERE/../../conf/mta-stsd.rules.yml" \
	    >"$T/rules.yml"
	cat >"$T/prometheus.yml" <<-END
		global: { scrape_interval: 1s, evaluation_interval: 1s }
		rule_files: [$T/rules.yml]
		scrape_configs:
		  - job_name: mta-stsd
		    static_configs: [{ targets: ["127.0.0.1:9391"] }]
	END
	promtool check config "$T/prometheus.yml"
	prometheus --config.file="$T/prometheus.yml" \
	    --storage.tsdb.path="$T/tsdb" --web.listen-address="$PROMETHEUS" \
	    >"$T/prometheus.log" 2>&1 3>&- &
	HELPERS+=($!)
	wait_until 60 "Prometheus" curl -sS --fail "http://$PROMETHEUS/-/ready"
}

# value QUERY IS: the one value of an expression.
value() {
	curl -sS --fail -G "http://$PROMETHEUS/api/v1/query" \
	    --data-urlencode "query=$1" | python3 -c 'import json, sys
found = json.load(sys.stdin)["data"]["result"]
sys.exit(len(found) != 1 or float(found[0]["value"][1]) != float(sys.argv[1]))
' "$2"
}

# alerts NAME...: exactly these fire.
alerts() {
	curl -sS --fail "http://$PROMETHEUS/api/v1/alerts" |
	    python3 -c 'import json, sys
found = {a["labels"]["alertname"] for a in json.load(sys.stdin)["data"]["alerts"]
         if a["state"] == "firing"}
sys.exit(found != set(sys.argv[1:]))' "$@"
}

@test "it reads all of it, and an alert fires and is over" {
	expect_log "$LOG_REFUSED" 'error: /.*mta-stsd.yaml'
	start_daemon
	prometheus_start
	wait_until 30 "a scrape" value 'up{job="mta-stsd"}' 1
	wait_until 10 "what is told" value mta_stsd_last_reload_successful 1
	value 'sum(mta_stsd_domains)' 2
	for _ in 1 2 3; do
		curl -sS --fail -o /dev/null -H 'Host: mta-sts.a.example.com' \
		    http://127.0.0.1:8081/.well-known/mta-sts.txt
	done
	wait_until 10 "the fetches" value mta_stsd_policies_served_total 3
	wait_until 10 "the histogram" value \
	    'histogram_quantile(1, mta_stsd_fetch_duration_seconds_bucket) < bool 11' 1
	alerts
	echo 'workers: [' | replace "$CONF"
	wait_until 30 "the alert" alerts MtaStsdConfigurationRefused
	value 'up{job="mta-stsd"}' 1
	write
	wait_until 30 "the alert to be over" alerts
}
