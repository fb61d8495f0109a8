# shellcheck shell=dash
# A disk whose cache takes longer to be flushed than a disk may do nothing
. ./freeze.sh
. ./stages.sh

first() {
	prepare
	modprobe dm-delay || verdict "modprobe"
	write_late
	echo 4000 >/sys/power/pm_freeze_timeout
	d=$(disk d0)
	make_fs ext4 "$d" 128M
	# for reads, writes and flushes, in ms
	dmsetup create slow --table "0 524288 delay $d 0 0 $d 0 0 $d 0 6000" || verdict "dm-delay"
	mount -t ext4 -o noinit_itable,commit=1000 /dev/mapper/slow /a || verdict "mount"
	make_mount ext4 "$(disk d1)" /b
	start_writers /b
	write_file /a/file 4
	trigger "suspend with a slow flush"
	for _ in 1 2; do
		suspend mem || verdict "no suspend: $error"
		check_progress /b
		write_file /a/more 4
	done
	stop_writers /b
	FLOOR=2 check_disk ext4 /dev/mapper/slow /a
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
