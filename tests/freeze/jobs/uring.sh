# shellcheck shell=dash
# Direct writes through io_uring that are in flight when their task stops: 1 MiB at a time, for a disk of 1 MiB/s.
. ./freeze.sh

in_flight() {
	[ "$(awk '{ print $2 }' "/sys/block/${slow##*/}/inflight")" -gt 0 ]
}

frozen_or_waiting() {
	[ -e /tmp/frozen ] || grep -q -s freeze_super /proc/[0-9]*/stack
}

first() {
	prepare
	slow=$(disk d0)
	make_mount "$FS" "$slow" /a
	slow_down
	/job/uring /a/file &
	uring=$!
	await "no write is in flight" in_flight
	suspend mem || verdict "no suspend: $error"
	await "no write is in flight again" in_flight
	kill -STOP "$uring"
	trigger "fsfreeze with a write of a stopped task in flight"
	(/sbin/fsfreeze -f /a || verdict "fsfreeze fails"; touch /tmp/frozen) &
	await "nothing is frozen" frozen_or_waiting
	await "the write of a stopped task does not end" test -e /tmp/frozen
	/sbin/fsfreeze -u /a || verdict "it cannot be thawed"
	kill -CONT "$uring"
	touch /tmp/stop
	wait "$uring" || verdict "a write has failed"
	# all that is in it
	echo "$(head -c 1048576 /dev/zero | tr '\0' Z | md5sum | cut -d' ' -f1)  /a/file" >/a/sum.file
	FLOOR=1 check_disk "$FS" "$slow" /a
	done_ok
}
