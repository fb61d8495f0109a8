# shellcheck shell=dash
# A task overwrites 32 MiB again and again on an ext4, whose disk is a file that bindfs serves. What it writes while the
# others sync is not to be waited for.
. ./freeze.sh
. ./stages.sh

overwrite() {
	while [ ! -e /tmp/stop ]; do dd if=/dev/zero of=/a/dirty bs=1M count=32 conv=notrunc 2>/dev/null; done
}

first() {
	prepare
	write_late
	mount_on_fuse /a
	make_mount ext4 "$(disk d0)" /b
	write_file /b/data 1
	overwrite &
	await "no data piles up" is_dirty 16384
	trigger "suspend while a task goes on to write"
	for n in 1 2 3; do
		before=$(sectors_written "$l")
		begin=$(seconds)
		suspend mem || verdict "no suspend: $error"
		mib=$((($(sectors_written "$l") - before) >> 11))
		say "sleep $n: $mib MiB written in $(($(seconds) - begin)) s"
		# what is dirty as the sync begins and as it ends, the journal, and as much again
		[ $mib -le 160 ] || verdict "a sleep has written $mib MiB to what has 32 MiB of data"
	done
	touch /tmp/stop
	wait
	write_file /a/data 1
	FLOOR=1 check_disk ext4 "$l" /a
	losetup -d "$l"
	FLOOR=1 check_disk ext4 "$(disk d0)" /b
	done_ok
}
