# shellcheck shell=dash
# The server of a fuseblk has stopped, while others go on to write to the disk below it.
. ./freeze.sh

write_below() {
	while [ ! -e /tmp/stop ]; do
		dd if=/dev/zero of="$(disk d0)" bs=4k seek=200000 count=1 conv=fsync 2>/dev/null
		touch /tmp/below
	done
}

no_sync() {
	! grep -q -s sync_node /proc/[0-9]*/stack
}

stuck() {
	grep -ls sync_node /proc/[0-9]*/stack | wc -l
}

first() {
	prepare
	echo 5000 >/sys/power/pm_freeze_timeout
	mkdir -p /fuse
	mkntfs -q -F -f -s 512 -p 0 -H 0 -S 0 "$(disk d0)" 262144 >/tmp/mkntfs 2>&1 || { send mkntfs /tmp/mkntfs; verdict "mkntfs"; }
	ntfs-3g -o big_writes "$(disk d0)" /fuse || verdict "ntfs-3g"
	grep -q "/fuse fuseblk" /proc/mounts || verdict "no fuseblk"
	l=$(make_loop /fuse/file 24)
	make_mount ext4 "$l" /a
	make_mount xfs "$(disk d1)" /b
	start_writers /b
	# a task that writes after that may wait for the server
	write_file /a/file 4
	kill -STOP "$(pidof ntfs-3g)"
	write_below &
	await "the disk below cannot be written to" test -e /tmp/below
	# it waits for the server, and so may those that initialize inode tables
	await "there is no commit" grep -q -s jbd2_journal_commit_transaction /proc/[0-9]*/stack
	watch_sync
	# what is written to a filesystem that is given up waits for the server
	export UNCOUNTED="$l"
	trigger "suspend after the server has stopped"
	suspend mem || verdict "no suspend in the midst of the commit: $error"
	suspend mem || verdict "no second suspend: $error"
	# one for the filesystem, and maybe one for its disk
	stuck=$(stuck)
	suspend mem || verdict "no third suspend: $error"
	[ "$(stuck)" = "$stuck" ] || verdict "$(stuck) workers wait for the server, and were $stuck"
	kill -CONT "$(pidof ntfs-3g)"
	# what is still synced then is left alone
	await "the sync does not end" no_sync
	export UNCOUNTED=
	# a server on a busy machine may be slow
	echo 20000 >/sys/power/pm_freeze_timeout
	suspend mem || verdict "no suspend: $error"
	stop_writers /b
	FLOOR=1 check_disk ext4 "$l" /a
	check_disk xfs "$(disk d1)" /b
	done_ok
}
