# shellcheck shell=dash
# What is synced and not frozen is on a disk that takes I/O and keeps it, while another is written to all the time.
. ./freeze.sh

first() {
	prepare
	echo 10000 >/sys/power/pm_freeze_timeout
	dmsetup create A --table "0 65536 linear $(disk d0) 0"
	mkfs.minix /dev/mapper/A >/dev/null || verdict "mkfs.minix"
	mount -t minix /dev/mapper/A /a || verdict "mount of minix"
	make_mount ext4 "$(disk d1)" /b
	start_writers /b
	write_file /a/file 1
	dmsetup suspend --nolockfs --noflush A
	watch_sync
	trigger "suspend with data for a disk that keeps it"
	suspend mem || verdict "no suspend"
	suspend mem || verdict "no second suspend"
	dmsetup resume A
	stop_writers /b
	FLOOR=1 check_disk minix /dev/mapper/A /a
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
