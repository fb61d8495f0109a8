# shellcheck shell=dash
# The user has frozen a filesystem before the sleep. Until it is thawed, nothing is written to it.
. ./freeze.sh

disk_writes() { # serial
	set -- "$(disk "$1")"
	awk '{ print $5 }' "/sys/block/${1##*/}/stat"
}

first() {
	prepare
	make_mount ext4 "$(disk d0)" /a
	make_mount xfs "$(disk d1)" /b
	start_writers /a /b
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	before=$(disk_writes d0)
	await "no task waits for it" waits_in "percpu_rwsem_wait|mnt_want_write|vfs_write"
	trigger "suspend with a filesystem that the user has frozen"
	suspend mem || verdict "no suspend: $error"
	/sbin/fsfreeze -f /a 2>/dev/null && verdict "it is not frozen any more"
	check_progress /b
	[ "$(disk_writes d0)" = "$before" ] || verdict "it has been written to"
	/sbin/fsfreeze -u /a || verdict "its owner cannot thaw it"
	/sbin/fsfreeze -u /a 2>/dev/null && verdict "it has been thawed twice"
	stop_writers /a /b
	check_disk ext4 "$(disk d0)" /a
	check_disk xfs "$(disk d1)" /b
	done_ok
}
