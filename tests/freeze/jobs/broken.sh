# shellcheck shell=dash
# All I/O to the disk of a filesystem of type $FS fails from now on.
. ./freeze.sh

first() {
	prepare
	# or a writeback meets the error before the sleep does
	write_late
	dmsetup create A --table "0 524288 linear $(disk d0) 0"
	make_mount "$FS" /dev/mapper/A /a
	make_mount ext4 "$(disk d1)" /b
	start_writers /b
	write_file /a/file 4
	sync
	write_file /a/more 4
	break_dm A 524288
	trigger "suspend with a broken disk"
	suspend mem || verdict "no suspend: $error"
	stop_writers /b
	check_disk ext4 "$(disk d1)" /b
	# what had been synced is there when the disk works again
	umount /a || verdict "umount of what is broken"
	dmsetup load A --table "0 524288 linear $(disk d0) 0"
	dmsetup suspend --nolockfs --noflush A
	dmsetup resume A
	echo 3 >/proc/sys/vm/drop_caches
	mount -t "$FS" /dev/mapper/A /a || verdict "mount of what was broken"
	rm -f /a/sum.more
	FLOOR=1 check_sums /a
	done_ok
}
