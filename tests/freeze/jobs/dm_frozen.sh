# shellcheck shell=dash
# dm has frozen the filesystem on A, and takes no I/O.
. ./freeze.sh

first() {
	prepare
	dmsetup create A --table "0 131072 linear $(disk d0) 0"
	make_mount ext4 /dev/mapper/A /a
	make_mount xfs "$(disk d1)" /b
	start_writers /a /b
	dmsetup suspend A || verdict "dmsetup suspend"
	await "no task waits for it" waits_in "percpu_rwsem_wait|mnt_want_write|vfs_write"
	watch_sync
	trigger "suspend with a filesystem that dm has frozen"
	suspend mem || verdict "no suspend: $error"
	check_progress /b
	/sbin/fsfreeze -f /a 2>/dev/null && verdict "it is not frozen any more"
	dmsetup resume A || verdict "dmsetup resume"
	stop_writers /a /b
	check_disk ext4 /dev/mapper/A /a
	check_disk xfs "$(disk d1)" /b
	done_ok
}
