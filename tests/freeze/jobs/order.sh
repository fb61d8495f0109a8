# shellcheck shell=dash
# Filesystems on filesystems. The upper one is on /a, and on /b one on which it stands.
. ./freeze.sh

# ext4 on A, mounted first, and on B; then A's table moves to a loop device over a file on B.
build_dm() {
	dmsetup create A --table "0 131072 linear $(disk d0) 0"
	make_mount ext4 /dev/mapper/A /a
	make_mount ext4 "$(disk d1)" /b
	l=$(make_loop /b/file 64)
	dmsetup suspend A
	dd if="$(disk d0)" of="$l" bs=1M count=64 conv=fsync 2>/dev/null
	dmsetup load A --table "0 131072 linear $l 0"
	dmsetup resume A
}
check_dm() {
	check_disk ext4 /dev/mapper/A /a
	dmsetup remove A
	check_lower ext4
}

# btrfs, then a device more: a loop over a file on an ext4 that has been mounted later.
build_btrfs() {
	make_mount btrfs "$(disk d0)" /a
	make_mount ext4 "$(disk d1)" /b
	l=$(make_loop /b/file 256)
	{ btrfs device add -f "$l" /a &&
		btrfs balance start --full-balance -dconvert=raid1 -mconvert=raid1 /a; } >/tmp/add 2>&1 ||
		{ send add /tmp/add; verdict "btrfs device add"; }
}
check_btrfs() {
	check_disk btrfs "$(disk d0)" /a
	check_lower ext4
}

# ext4 on a loop on xfs on a loop on btrfs
build_nested() {
	make_mount btrfs "$(disk d0)" /c
	lower=$(make_loop /c/file 512)
	make_mount xfs "$lower" /b
	l=$(make_loop /b/file 128)
	make_mount ext4 "$l" /a
	writers="/a /b /c"
}
check_nested() {
	check_disk ext4 "$l" /a
	losetup -d "$l"
	check_disk xfs "$lower" /b
	losetup -d "$lower"
	check_disk btrfs "$(disk d0)" /c
}

# What else an upper one can have on a file of a lower one: half of an md, a journal, a log, its data, a second device
build_md() {
	modprobe -a md-mod raid1 || verdict "modprobe"
	make_mount xfs "$(disk d1)" /b
	l=$(make_loop /b/file 128)
	mdadm --create /dev/md0 --run --assume-clean --level=1 --raid-devices=2 --size=65536 "$(disk d0)" "$l" >/tmp/md 2>&1 ||
		{ send md /tmp/md; verdict "mdadm"; }
	# or it writes to its superblocks some time after the last write
	echo 0 >/sys/block/md0/md/safe_mode_delay
	make_mount ext4 /dev/md0 /a
}
check_md() {
	check_disk ext4 /dev/md0 /a
	mdadm --stop /dev/md0 2>/dev/null || verdict "mdadm --stop"
	check_lower xfs
}

on_a_file() {
	make_mount ext4 "$(disk d1)" /b
	l=$(make_loop /b/file 128)
}

build_journal() {
	on_a_file
	make_fs ext4 -b 4096 -O journal_dev "$l"
	make_fs ext4 -b 4096 -J device="$l" "$(disk d0)"
	mount -t ext4 "$(disk d0)" /a || verdict "mount"
}
check_journal() {
	check_disk ext4 "$(disk d0)" /a
	check_lower ext4
}

build_xfs_log() {
	on_a_file
	make_fs xfs -l logdev="$l" "$(disk d0)"
	mount -t xfs -o logdev="$l" "$(disk d0)" /a || verdict "mount"
}
check_xfs_log() { check_xfs -l logdev; }

build_xfs_realtime() {
	on_a_file
	make_fs xfs -d rtinherit=1 -r rtdev="$l" "$(disk d0)"
	mount -t xfs -o rtdev="$l" "$(disk d0)" /a || verdict "mount"
}
check_xfs_realtime() { check_xfs -r rtdev; }

check_xfs() { # option of xfs_repair, option of mount
	sync
	umount /a || verdict "umount of /a"
	xfs_repair -n "$1" "$l" "$(disk d0)" >/tmp/fsck 2>&1 || { send fsck /tmp/fsck; verdict "xfs is not clean"; }
	echo 3 >/proc/sys/vm/drop_caches
	mount -t xfs -o "ro,$2=$l" "$(disk d0)" /a || verdict "mount, read-only"
	check_sums /a
	umount /a
	check_lower ext4
}

build_f2fs() {
	on_a_file
	make_fs f2fs -c "$l" "$(disk d0)"
	mount -t f2fs "$(disk d0)" /a || verdict "mount"
}
check_f2fs() {
	check_disk f2fs "$(disk d0)" /a
	check_lower ext4
}

# The one that holds the file
check_lower() { # type
	losetup -d "$l"
	check_disk "$1" "$(disk d1)" /b
}

# The user freezes the lower one first. Then the freeze of the upper one waits until it is thawed.
freeze_in_wrong_order() {
	for w in $writers; do write_file "$w/data" 8; done
	echo 5 >/proc/sys/kernel/hung_task_timeout_secs
	trigger "fsfreeze of the lower one, then of the upper one"
	/sbin/fsfreeze -f /b || verdict "the lower one cannot be frozen"
	(/sbin/fsfreeze -f /a && touch /tmp/frozen) &
	until is_hung fsfreeze; do
		[ ! -e /tmp/frozen ] || verdict "the upper one has been frozen all the same"
		sleep 0.1
	done
	/sbin/fsfreeze -u /b
	await "the upper one cannot be frozen at all" test -e /tmp/frozen
	/sbin/fsfreeze -u /a || verdict "the upper one is not frozen"
	FLOOR=1 "check_$STACK"
	done_ok
}

first() {
	prepare
	writers="/a /b"
	"build_$STACK"
	[ "$ORDER" = right ] || freeze_in_wrong_order
	# shellcheck disable=SC2086
	start_writers $writers
	trigger "suspend"
	suspend mem || verdict "no suspend: $error"
	suspend mem || verdict "no second suspend: $error"
	# shellcheck disable=SC2086
	stop_writers $writers
	"check_$STACK"
	done_ok
}
