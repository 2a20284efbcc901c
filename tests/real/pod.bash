# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# podman that keeps all of its own below one directory, so that nothing of the
# machine's is changed.

# pod_place DIR
pod_place() {
	mkdir -p "$1/tmp"
	cat >"$1/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
		[engine]
		runtime = "runc"
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		lock_type = "file"
	END
	# There is no systemd to call health checks.
	export CONTAINERS_CONF=$1/containers.conf DISABLE_HC_SYSTEMD=true
	export TMPDIR=$1/tmp
	POD=(podman --root "$1/root" --runroot "$1/run" --tmpdir "$1/tmp")
}

pod() {
	"${POD[@]}" "$@"
}

# pod_leave: the empty groups of processes that podman leaves behind; one that
# is in use stays.
pod_leave() {
	find /sys/fs/cgroup/libpod_parent /sys/fs/cgroup/*/libpod_parent -depth \
	    -type d -exec rmdir {} \; 2>/dev/null || true
}
