# SPDX-License-Identifier: ISC
# The access log: what a line says of a fetch, that no stranger can write into
# it, and what becomes of the complaints that are not told.

load lib

HOST=mta-sts.example.com
TOLD="info: fetch host=$HOST peer=127\.[0-9.]+ status=200 GET /\.well-known/mta-sts\.txt bytes=[0-9]+"
STAMP='time=20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z'

prepare() {
	WORKERS=1
	LISTEN="plain: \"$ADDR:8081\""
	log_as 'level: info'
	selfsign
}

# log_as SETTINGS: as they stand in `log:`.
log_as() {
	conf <<-END | sed "s/^log: .*/log: { $1 }/" >"$CONF"
		domains:
		$(domain example.com enforce 604800 mail.example.com)
	END
}

# complain COUNT: that many handshakes that are refused.
complain() {
	py access complain "$ADDR" "$PORT" "$1"
}

@test "a line says host, peer, status, bytes, TLS, time and agent" {
	local sizes
	start_daemon
	sizes=$(fetch "$HOST" /.well-known/mta-sts.txt -A 'Sender/1.0 (x)' \
	    -o "$T/body" --tls-max 1.2 -w '%{size_header} + %{size_download}')
	wait_log "^$TOLD tls=TLSv1\.2 cipher=ECDHE-ECDSA-AES128-GCM-SHA256 took_us=[0-9]+ agent=\"Sender/1\.0 \(x\)\" $STAMP$"
	log_has "status=200 .* bytes=$((sizes)) tls=TLSv1\.2 "
	fetch "$HOST" /.well-known/mta-sts.txt -A 'Sender/1.0' >/dev/null
	wait_log "^$TOLD tls=TLSv1\.3 cipher=TLS_AES_128_GCM_SHA256 took_us=[0-9]+ agent=Sender/1\.0 $STAMP$"
	# without TLS, and without an agent
	curl -sS --fail --noproxy '*' -A '' -H "Host: $HOST" \
	    "http://$ADDR:8081/.well-known/mta-sts.txt" >/dev/null
	wait_log "^$TOLD took_us=[0-9]+ $STAMP$"
}

@test "the time taken counts from accept, to the microsecond" {
	local took most
	start_daemon
	most=$(py access "$ADDR" "$PORT" "$CA" "$HOST" "$LOG" slow)
	wait_log 'fetch .* GET / '
	took=$(sed -nE 's/.* GET \/ .* took_us=([0-9]+) .*/\1/p' "$LOG")
	((took >= 400000 && took <= most)) || fail "took $took us, not $most"
	for _ in 1 2 3; do fetch "$HOST" >/dev/null; done
	wait_log 'fetch .*txt .* took_us=[0-9]+([1-9]..|.[1-9].|..[1-9]) '
}

@test "no stranger writes into the log, as text" {
	start_daemon
	py access "$ADDR" "$PORT" "$CA" "$HOST" "$LOG" text
}

@test "no stranger writes into the log, as JSON; numbers are numbers" {
	LOG_SERVING='serving [0-9]+ domain'
	log_as 'level: info, format: json'
	start_daemon
	py access "$ADDR" "$PORT" "$CA" "$HOST" "$LOG" json
}

@test "log.peers cuts the address to its network, or leaves it out" {
	log_as 'peers: net'
	start_daemon
	fetch "$HOST" >/dev/null
	complain 1
	wait_log "fetch host=$HOST peer=127\.[0-9]+\.[0-9]+\.0/24 status=200 "
	wait_log 'handshake refused host=n0.example peer=127\.[0-9.]+\.0/24 time='
	stop_daemon
	: >"$LOG"
	log_as 'peers: off'
	start_daemon
	fetch "$HOST" >/dev/null
	complain 1
	wait_log "fetch host=$HOST status=200 "
	wait_log 'handshake refused host=n0.example time='
	refute log_has 'peer|127\.'
}

@test "log.access off leaves fetches out, and a higher level too" {
	local as
	for as in 'access: off' 'level: notice'; do
		: >"$LOG"
		log_as "$as"
		start_daemon
		fetch "$HOST" >/dev/null
		stop_daemon
		refute log_has "fetch|$HOST"
	done
}

@test "what was not told is counted when its ten seconds are over" {
	start_daemon
	complain 25
	wait_log 'info: more like these were not told count=15 time=' 20
	[ "$(log_count 'handshake refused')" = 10 ]
	complain 1
	wait_log 'handshake refused host=n0.example .*not configured'
	[ "$(log_count 'more like these')" = 1 ]
}

@test "what was not told is counted when the worker ends" {
	start_daemon
	complain 12
	stop_daemon
	[ "$(log_count 'handshake refused')" = 10 ]
	[ "$(log_count 'more like these were not told count=2 ')" = 1 ]
}
