# shellcheck shell=dash
# The server of a fuseblk has stopped, while others go on to write to the disk below it.
. ./freeze.sh

write_below() {
	while [ ! -e /tmp/stop ]; do
		dd if=/dev/zero of="$(disk d0)" bs=4k seek=200000 count=1 conv=fsync 2>/dev/null
		touch /tmp/below
	done
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
	watch_sync
	# what is written to a filesystem that is given up waits for the server
	export UNCOUNTED="$l"
	trigger "suspend after the server has stopped"
	# it is refused as long as threads of ext4 that call the freezer wait for the server
	suspend mem
	suspend mem
	[ "$(grep -ls flush_sb /proc/[0-9]*/stack | wc -l)" -le 1 ] || verdict "a worker more is stuck each time"
	kill -CONT "$(pidof ntfs-3g)"
	export UNCOUNTED=
	# a server on a busy machine may be slow
	echo 20000 >/sys/power/pm_freeze_timeout
	suspend mem || verdict "no suspend"
	stop_writers /b
	FLOOR=1 check_disk ext4 "$l" /a
	check_disk xfs "$(disk d1)" /b
	done_ok
}
