# shellcheck shell=dash
# A discard of a loop device, whose file is on a filesystem that is frozen
. ./freeze.sh

# The loop device waits for the thaw and not in the filesystem: the wait itself is not in the stack.
discarded_or_waiting() {
	[ -e /tmp/discarded ] || head -q -n 1 /proc/[0-9]*/stack 2>/dev/null | grep -q -e loop_process_work -e lo_fallocate
}

first() {
	prepare
	make_mount ext4 "$(disk d0)" /b
	write_file /b/data 4
	l=$(make_loop /b/file 16)
	/sbin/fsfreeze -f /b || verdict "fsfreeze"
	trigger "discard from a file of a frozen filesystem"
	(blkdiscard "$l" && touch /tmp/discarded) &
	await "nothing is discarded" discarded_or_waiting
	[ ! -e /tmp/discarded ] || verdict "it has been discarded"
	/sbin/fsfreeze -u /b || verdict "it is not frozen any more"
	wait
	[ -e /tmp/discarded ] || verdict "it cannot be discarded"
	[ "$(stat -c %b /b/file)" = 0 ] || verdict "it has not been discarded"
	losetup -d "$l"
	FLOOR=1 check_disk ext4 "$(disk d0)" /b
	done_ok
}
