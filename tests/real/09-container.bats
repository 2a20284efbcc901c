# SPDX-License-Identifier: ISC
# before the world: tests/real/image
# The image as it is run in earnest: an ordinary user without a capability, a
# root file system that nobody writes to, a network of its own.

bats_require_minimum_version 1.5.0
load lib
load pod

LOG_REPLACED='warning: .* was replaced outside, .*: mount its directory'
IMAGE=$MTA_STSD_BUILD/../image

prepare() {
	pod_place "$T/pod"
	POD+=(--storage-opt "additionalimagestore=$(realpath "$IMAGE/root")")
	ADDR=198.51.100.2
	ADDR6=
	DNS=198.51.100.1
	STATE=$T/container
	CA=$STATE/certs/ca.pem
	CONTAINER=daemon
	install -d -o 5125 -g 5125 "$STATE"
	EXPECTED=()
	network first "$DNS" "$ADDR"
	MOUNTS=(-v "$T/conf:/etc/mta-stsd:ro" -v "$STATE:/var/lib/mta-stsd"
	    -v "$BUNDLE:$BUNDLE:ro")
}

# network NAME HERE THERE: one for a container, with that address, which leads
# here.
network() {
	unshare -n sleep infinity 3>&- &
	NETWORK=/proc/$!/ns/net
	HELPERS+=($!)
	wait_until 10 "a network" is_another "$NETWORK"
	ip link add "$1" type veth peer name eth0 netns "$!"
	ip address add "$2/24" dev "$1"
	ip link set "$1" up
	echo 1 >/proc/sys/net/ipv4/ip_forward # from one to the other
	nsenter "--net=$NETWORK" sh -c "ip link set lo up
		ip address add $3/24 dev eth0
		ip link set eth0 up
		ip route add default via $2"
}

is_another() {
	[ "$(readlink "$1")" != "$(readlink /proc/self/ns/net)" ]
}

# As the README has it: image [OPTIONS...] [-- COMMAND...]
image() {
	local options=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift $(($# > 0))
	pod run --rm --read-only --read-only-tmpfs=false --cap-drop ALL \
	    --security-opt no-new-privileges --network "ns:$NETWORK" \
	    --sysctl net.ipv4.ip_unprivileged_port_start=0 \
	    --dns "$DNS" --add-host ca.example.net:192.0.2.1 \
	    "${options[@]}" mta-stsd "$@"
}

# start_container [OPTIONS...]: its log is the daemon's, its end too.
start_container() {
	local before
	before=$(log_count "$LOG_SERVING")
	image --name "$CONTAINER" "${MOUNTS[@]}" "$@" >>"$T/stdout" \
	    2>>"$LOG" 3>&- &
	PID=$!
	MANAGER=$PID # which hands signals on
	wait_until 60 "the container to serve" served_or_gone "$before"
	is_running || fail "the container ended: $(cat "$LOG")"
	MANAGER=$(pod inspect -f '{{.State.Pid}}' "$CONTAINER")
}

inside() {
	pod exec "$CONTAINER" "$@"
}

# What the README's compose file has: no key but what must be.
policies() { # MAX_AGE DOMAIN...
	echo "host: $OUR_HOST"
	echo domains:
	entries "$@"
}

health() { # STATUS WORDS
	local got=0
	pod healthcheck run "$CONTAINER" >"$T/health" 2>&1 || got=$?
	[ "$got" = "$1" ] || fail "health: $got: $(cat "$T/health")"
	pod inspect -f '{{range .State.Health.Log}}{{.Output}}{{end}}' \
	    "$CONTAINER" | grep -q "$2"
}

says() { # WHAT FORMAT: of the image
	[ "$(pod image inspect -f "$2" mta-stsd)" = "$1" ] ||
	    fail "$2: $(pod image inspect -f "$2" mta-stsd)"
}

@test "the image: its size, its user, its doors; commands go without a word" {
	local size
	size=$(pod image inspect -f '{{.Size}}' mta-stsd)
	figure "the image has $((size / 1000000)) MB"
	((size < 120000000))
	says 5125:5125 '{{.Config.User}}'
	says 'map[443/tcp:{} 80/tcp:{}]' '{{.Config.ExposedPorts}}'
	says 'map[/etc/mta-stsd:{} /run/mta-stsd:{} /var/lib/mta-stsd:{}]' '{{.Config.Volumes}}'
	says '[mta-stsd] []' '{{.Config.Cmd}} {{.Config.Entrypoint}}'
	says '[CMD mta-stsctl health]' '{{.Config.Healthcheck.Test}}'
	run -0 image -- mta-stsctl -V
	[[ $output == "mta-stsctl "[0-9]* ]]
	run -0 image -- mta-stsd -V
	# it finds what it needs, and nothing to build with is there
	run -0 image -- sh -c 'command -v uacme && ! command -v make gcc curl
		ldd /usr/sbin/mta-stsd /usr/bin/mta-stsctl /usr/bin/uacme'
	[[ $output != *"not found"* ]]
	run -0 image -- ls -A /etc/mta-stsd /var/lib/mta-stsd
	[ "$output" = $'/etc/mta-stsd:\n\n/var/lib/mta-stsd:\ncerts' ]
}

@test "with no configuration: one sentence says what to mount" {
	run -1 image
	[ "${#lines[@]}" = 1 ]
	[[ $output == "error: "*"mount a directory with it at /etc/mta-stsd" ]]
}

@test "with no right to port 443: what it wants" {
	policies 604800 a.example >"$CONF"
	run -1 pod run --rm --cap-drop ALL --network "ns:$NETWORK" \
	    "${MOUNTS[@]}" mta-stsd
	[[ $output == *"cannot listen on [::]:443 without "* ]]
	[[ $output == *" net.ipv4.ip_unprivileged_port_start=0: "* ]]
}

@test "without a capability, an ordinary user, nothing to write but its state" {
	policies 604800 a.example >"$CONF"
	image "${MOUNTS[@]}" -- mta-stsctl selfsign >/dev/null
	start_container
	serves_age 604800 a.example
	local pid
	for pid in "$MANAGER" $(workers); do
		grep -qE '^Uid:(\s+5125){4}$' "/proc/$pid/status"
		[ "$(grep -cE '^Cap.*:\s+0+$' "/proc/$pid/status")" = 5 ]
		grep -qE '^NoNewPrivs:\s+1$' "/proc/$pid/status"
	done
	run ! inside touch /x /tmp/x /run/x /etc/mta-stsd/x
	[ "$(grep -c 'Read-only file system' <<<"$output")" = 4 ]
	inside touch /var/lib/mta-stsd/x
}

@test "its configuration changes in place, by rename, by a ConfigMap's swap" {
	local before
	policies 604800 a.example >"$CONF"
	image "${MOUNTS[@]}" -- mta-stsctl selfsign >/dev/null
	start_container
	serves_age 604800 a.example
	policies 604801 a.example | edit "$CONF"
	wait_until 3 "a change in place" serves_age 604801 a.example
	policies 604802 a.example | replace "$CONF"
	wait_until 3 "a change by rename" serves_age 604802 a.example
	stop_daemon
	# as the kubelet lays it down, and changes it
	rm "$CONF"
	config_map 1 604803
	ln -s ..data/mta-stsd.yaml "$CONF"
	start_container
	serves_age 604803 a.example
	config_map 2 604804
	wait_until 3 "a swap" serves_age 604804 a.example
	# and in the middle of it nothing was gone
	refute log_has "$LOG_REFUSED"
}

config_map() { # NUMBER MAX_AGE
	mkdir "$T/conf/..$1"
	policies "$2" a.example >"$T/conf/..$1/mta-stsd.yaml"
	ln -s "..$1" "$T/conf/..data_tmp"
	mv -T "$T/conf/..data_tmp" "$T/conf/..data"
	rm -rf "$T/conf/..$(($1 - 1))"
}

@test "a single file that is mounted, and replaced outside: what to do" {
	policies 604800 a.example >"$CONF"
	MOUNTS=(-v "$CONF:/etc/mta-stsd/mta-stsd.yaml:ro"
	    -v "$STATE:/var/lib/mta-stsd")
	image "${MOUNTS[@]}" -- mta-stsctl selfsign >/dev/null
	start_container
	# in place it is seen even so
	policies 604801 a.example | edit "$CONF"
	wait_until 40 "a change in place" serves_age 604801 a.example
	expect_log "$LOG_REPLACED"
	policies 604802 a.example | replace "$CONF"
	wait_log "$LOG_REPLACED" 40
	serves_age 604801 a.example
}

@test "health: before any certificate, with one, held, and let go" {
	expect_log 'certs: No such file' 'no certificate; it is not served'
	policies 604800 a.example >"$CONF"
	start_container
	health 0 'nothing to serve yet'
	image "${MOUNTS[@]}" -- mta-stsctl selfsign >/dev/null
	wait_until 5 "the policy" serves_age 604800 a.example
	find "$STATE/certs" -name '*.pem' -exec touch -d '2 minutes ago' {} +
	health 0 'serves mta-sts.a.example'
	kill -STOP $(workers)
	health 1 'not well: .* no answer in time'
	kill -CONT $(workers)
	health 0 'serves mta-sts.a.example'
}

@test "stop: what was asked is answered, and it ends well and at once" {
	local began pid
	policies 604800 a.example >"$CONF"
	image "${MOUNTS[@]}" -- mta-stsctl selfsign >/dev/null
	start_container
	pid=$(workers)
	py_behind "$T/held" held "$ADDR" 443 "$CA" mta-sts.a.example "$T/go"
	wait_until 10 "a handshake" grep -q shaken "$T/held"
	# a head that came before the signal, and is read after it
	kill -STOP $pid
	touch "$T/go"
	wait_until 10 "a head" asks
	began=$EPOCHREALTIME
	pod stop "$CONTAINER" >/dev/null 3>&- &
	wait_log "$LOG_STOPPING"
	kill -CONT $pid
	wait "$PID" || fail "its exit status: $?"
	PID=
	figure "stopped after $(since "$began") s"
	[ "$(since "$began" | cut -d. -f1)" -lt 5 ]
	wait_until 10 "the answer" grep -q '^ended by' "$T/held"
	grep -q 'HTTP/1.1 200' "$T/held" || fail "$(cat "$T/held")"
	grep -q 'max_age: 604800' "$T/held"
	none_alive $pid
}

# There are bytes that nobody has taken.
asks() {
	nsenter "--net=$NETWORK" ss -Htn state established 'sport = :443' |
	    awk '$1 > 0 { found = 1 } END { exit !found }'
}

@test "a certificate, through a CA; nobody is left below PID 1" {
	local began orphan
	acme
	conf a.example.com b.example.org | containered >"$CONF"
	point a.example.com b.example.org
	began=$EPOCHREALTIME
	start_container
	wait_served 120 a.example.com b.example.org
	figure "two domains, served after $(since "$began") s"
	wait_until 60 "the host's own" fetch "$OUR_HOST" /
	[ "$(orders)" = 3 ] || fail "orders: $(orders)"
	health 0 'well: '
	run -0 inside mta-stsctl status
	[[ $output == *"3 hosts: 0 in trouble, 0 pending, 3 well"* ]]
	# it buries what others left behind, too
	orphan=$(inside sh -c 'sleep 0.2 >/dev/null 2>&1 & echo $!')
	wait_until 10 "a funeral" refute inside test -e "/proc/$orphan"
	wait_until 10 "none but workers" only_workers
}

acme() {
	dns_start
	ca_start
}

# The same configuration, as it is inside.
containered() {
	sed -e '/^user:/d; /^state:/d' -e 's|^listen:.*|listen: { admin: off }|'
}

only_workers() {
	[ "$(pgrep -P "$MANAGER")" = "$(workers)" ]
}

# The README's two replicas: each with a main file and a state of its own, the
# policies and the certificates shared, and all directories as Kubernetes has
# them: the group's, by fsGroup.
@test "two replicas: one renews, the other redirects and serves its pairs" {
	local names=(a.example.com b.example.com c.example.org) name
	local mine=$NETWORK theirs
	acme
	network second 198.51.101.1 198.51.101.2
	theirs=$NETWORK
	NETWORK=$mine
	for name in "${names[@]}"; do
		# the CA asks the first that it is given
		dns_a "mta-sts.$name" 198.51.101.2 "$ADDR"
	done
	dns_a renew.example.net "$ADDR"
	mkdir "$T/policies" "$T/serving"
	shared "$T/certs" "$T/state1" "$T/state2"
	MOUNTS=(-v "$BUNDLE:$BUNDLE:ro" -v "$T/policies:/policies:ro"
	    -v "$T/conf:/etc/mta-stsd:ro" -v "$T/state1:/var/lib/mta-stsd"
	    -v "$T/certs:/var/lib/mta-stsd/certs")
	{
		echo domains:
		entries 604800 "${names[@]}"
	} >"$T/policies/domains.yaml"
	conf | containered | including >"$CONF"
	REDIRECT=http://renew.example.net
	conf | containered | including >"$T/serving/mta-stsd.yaml"
	expect_log "warning: .*$LOG_NO_PAIR"
	: >"$T/replica.log"
	replica start_container
	start_container
	for name in "${names[@]}"; do
		wait_until 120 "the pair of $name" \
		    test -e "$T/certs/mta-sts.$name/cert.pem"
	done
	wait_until 10 "the first to serve" served "${names[@]}"
	replica wait_until 10 "the second to serve" served "${names[@]}"
	wait_until 60 "the host's own" fetch "$OUR_HOST" /
	[ "$(orders)" = 4 ] || fail "orders: $(orders)"
	health 0 'well: '
	CONTAINER=replica health 0 'well: '
	# the one that renews is killed and started anew: nothing is ordered
	kill_daemon
	wait_until 10 "its container to be gone" refute pod container exists \
	    daemon
	start_container
	replica served "${names[@]}"
	wait_until 10 "the first to serve" served "${names[@]}"
	run -0 inside mta-stsctl renew --dry-run
	[ "$(orders)" = 4 ] || fail "orders: $(orders)"
	# a change of the policies is one of both
	{
		echo domains:
		entries 604801 "${names[@]}"
	} | replace "$T/policies/domains.yaml"
	wait_until 3 "the change" serves_age 604801 "${names[@]}"
	replica wait_until 3 "the change" serves_age 604801 "${names[@]}"
	replica stop_daemon
}

shared() { # DIR...
	install -d -o root -g 5125 -m 2775 "$@"
}

including() {
	sed '/^domains:/,$d'
	echo 'include: [/policies/*.yaml]'
}

# replica COMMAND...: the same with the other one, which may write nothing but
# its own state.
replica() {
	local ADDR=198.51.101.2 NETWORK=$theirs CONTAINER=replica PID=$SECOND_PID
	local MOUNTS=(-v "$T/policies:/policies:ro"
	    -v "$T/serving:/etc/mta-stsd:ro" -v "$T/state2:/var/lib/mta-stsd"
	    -v "$T/certs:/var/lib/mta-stsd/certs:ro")
	local MANAGER=${SECOND_MANAGER-} LOG=$T/replica.log status=0
	"$@" || status=$?
	SECOND_PID=$PID
	SECOND_MANAGER=$MANAGER
	[ -z "$PID" ] || HELPERS+=("$MANAGER")
	return "$status"
}

teardown_file() {
	pod_leave
}
