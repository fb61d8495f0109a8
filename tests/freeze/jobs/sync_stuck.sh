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
	suspend mem || verdict "no suspend: $error"
	suspend mem || verdict "no second suspend: $error"
	dmsetup resume A
	stop_writers /b
	# there is no fsck for minix
	sync
	umount /a || verdict "umount of /a"
	echo 3 >/proc/sys/vm/drop_caches
	mount -t minix -o ro /dev/mapper/A /a || verdict "mount of minix, read-only"
	FLOOR=1 check_sums /a
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
