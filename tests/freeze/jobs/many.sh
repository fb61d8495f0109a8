# shellcheck shell=dash
# 63 filesystems on loop devices over files in memory, and one on a slow disk
. ./freeze.sh

first() {
	prepare
	write_soon
	mkdir -p /images
	mount -t tmpfs -o size=600m tmpfs /images
	i=0
	while [ $i -lt 64 ]; do
		dd if=/dev/null of=/images/$i bs=1M seek=8 2>/dev/null
		make_fs ext4 -N 64 -J size=1 /images/$i
		mkdir -p /m/$i
		losetup /dev/loop$i /images/$i || verdict "losetup"
		mount -t ext4 /dev/loop$i /m/$i || verdict "mount"
		write_file /m/$i/file 1
		i=$((i + 1))
	done
	# a bind mount is no filesystem of its own
	mount --bind /m/0 /a
	mount --bind /m/0 /b
	# nor is what is no longer mounted; what is read-only is frozen as well
	umount /m/1
	mount -o remount,ro /m/2
	make_mount ext4 "$(disk d0)" /d
	start_writers /d
	pile_up /d
	trigger "suspend with 64 filesystems"
	suspend mem || verdict "no suspend: $error"
	say awake
	stop_writers /d
	write_file /m/63/more 1
	touch /m/2/x 2>/dev/null && verdict "it is not read-only any more"
	losetup -d /dev/loop1 || verdict "something still uses what has been unmounted"
	umount /a /b
	for i in 0 2 3 62; do FLOOR=1 check_disk ext4 /dev/loop$i /m/$i; done
	FLOOR=2 check_disk ext4 /dev/loop63 /m/63
	check_disk ext4 "$(disk d0)" /d
	done_ok
}
