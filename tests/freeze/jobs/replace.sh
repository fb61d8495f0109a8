# shellcheck shell=dash
# 300 MiB of a btrfs are copied to another, slow disk. The machine is turned off meanwhile, and the next mount goes on with it.
. ./freeze.sh

replacing() {
	btrfs replace status -1 /a | grep -q "% done"
}

begin() {
	make_mount btrfs "$(disk d0)" /a
	# some 60 MiB are always under way, and each freeze waits for them
	write_file /a/file 300
	sync -f /a/file
	btrfs replace start -f 1 "$(disk d1)" /a >/tmp/replace 2>&1 || { send replace /tmp/replace; verdict "replace start"; }
	await "the replace does not begin" replacing
	sync
	verdict ok
}

go_on() {
	target=$(disk d1)
	echo 4 >/sys/module/suspend/parameters/pm_test_delay
	modprobe btrfs
	btrfs device scan >/dev/null
	mount -t btrfs "$(disk d0)" /a || verdict "mount"
	await "the replace does not go on" replacing
	trigger "fsfreeze while a replace goes on"
	/sbin/fsfreeze -f /a
	replacing || verdict "nothing is being replaced any more"
	echo >/sys/kernel/tracing/trace
	# what is under way fills the queue of a slow disk, so that nothing more may be issued for long
	[ "$(awk '{ print $2 }' "/sys/block/${target##*/}/inflight")" = 0 ] || verdict "writes to what is frozen are under way"
	# in this time it would write 12 MiB
	sleep 3
	writes=$(grep -c block_rq_issue /sys/kernel/tracing/trace)
	[ "$writes" = 0 ] || verdict "$writes writes to what is frozen"
	/sbin/fsfreeze -u /a
	suspend mem || verdict "no suspend: $error"
	replacing || verdict "nothing is being replaced after the suspend"
	btrfs replace cancel /a || verdict "replace cancel"
	FLOOR=1 check_disk btrfs "$(disk d0)" /a
	done_ok
}

first() {
	prepare
	"$STEP"
}
