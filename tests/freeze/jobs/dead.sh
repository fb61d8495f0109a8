# shellcheck shell=dash
# The storage of a filesystem is dead, in $CASE; another, on /b, is well.
. ./freeze.sh
. ./stages.sh

pull_out() { # serial
	d=$(disk "$1")
	UNCOUNTED=$d
	echo 1 >"/sys/block/${d##*/}/device/../remove"
	disk "$1" && verdict "the disk is still there"
}

# This is not in /proc/mounts: the flag of the superblock stays as it is. An error of data alone does not make it so.
becomes_read_only() {
	touch /a/new 2>/dev/null
	sync -f /a 2>/dev/null
	dmesg | grep -q "EXT4-fs (dm-0): Remounting filesystem read-only"
}

dirty_a() {
	dd if=/dev/urandom of=/a/more bs=1M count=4 2>/dev/null
}

# ext4 has met an error, and is read-only from then on
remounted() {
	dmsetup create A --table "0 524288 linear $(disk d0) 0"
	make_fs ext4 /dev/mapper/A
	mount -t ext4 -o errors=remount-ro,noinit_itable /dev/mapper/A /a || verdict "mount"
	write_file /a/file 1
	sync
	dirty_a
	break_dm A 524288
	await "it is not read-only" becomes_read_only
}

shutdown() { # type
	make_mount "$1" "$(disk d0)" /a
	write_file /a/file 1
	sync
	dirty_a
	/job/tasks shutdown /a || verdict "shutdown"
	UNCOUNTED=d0
}

pulled() { # what the disk is below
	case $1 in
	btrfs) make_mount btrfs "$(disk d0)" /a ;;
	dm)
		dmsetup create A --table "0 524288 linear $(disk d0) 0"
		make_mount ext4 /dev/mapper/A /a
		;;
	luks)
		make_luks "$(disk d0)"
		make_mount ext4 /dev/mapper/luks /a
		;;
	loop)
		make_mount ext4 "$(disk d0)" /c
		l=$(make_loop /c/file 64)
		make_mount ext4 "$l" /a
		;;
	log)
		make_fs xfs -l logdev="$(disk d0)" "$(disk d2)"
		mount -t xfs -o logdev="$(disk d0)" "$(disk d2)" /a || verdict "mount"
		;;
	esac
	sync
	dirty_a
	pull_out d0
	# what is below a filesystem on a disk that works may be written to, and what stands on a dead one
	case $1 in
	log) UNCOUNTED="$UNCOUNTED d2" ;;
	loop) UNCOUNTED="$UNCOUNTED $l" ;;
	esac
}

first() {
	prepare
	write_late
	# the time that a kernel waits that waits for the dead
	echo 20000 >/sys/power/pm_freeze_timeout
	make_mount ext4 "$(disk d1)" /b
	start_writers /b
	# shellcheck disable=SC2086
	set -- $CASE
	"$@"
	export UNCOUNTED
	trigger "suspend with dead storage: $CASE"
	for _ in 1 2 3; do suspend mem || verdict "no suspend: $error"; done
	# a hibernation that only freezes shows nothing of that in the trace of the base
	echo devices >/sys/power/pm_test
	suspend disk || verdict "no hibernation: $error"
	stop_writers /b
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
