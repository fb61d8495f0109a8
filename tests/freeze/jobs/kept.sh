# shellcheck shell=dash
# What works while it is not frozen goes on to work after the thaw, by the user and after a sleep.
. ./freeze.sh

freeze_and_thaw() {
	error=$(/sbin/fsfreeze -f /a 2>&1) || verdict "it cannot be frozen: ${error##*: }"
	/sbin/fsfreeze -u /a || verdict "it cannot be thawed"
}

is_writable() { # file
	{ echo x >"$1" && sync -f "$1"; } 2>/dev/null
}

# A btrfs of which one mirror has failed, and then answers again, but has missed a commit
mirror() {
	# not from the beginning, or btrfs check takes the disk for its device
	dmsetup create A --table "0 1048576 linear $(disk d0) 8"
	make_fs btrfs -d raid1 -m raid1 "$(disk d1)" /dev/mapper/A
	mount -t btrfs -o device=/dev/mapper/A "$(disk d1)" /a || verdict "mount"
	write_file /a/file 4
	sync -f /a/file
	break_dm A 1048576
	trigger "a freeze with a failed mirror"
	freeze_and_thaw
	is_writable /a/x || verdict "it is read-only after fsfreeze"
	suspend mem || verdict "no suspend: $error"
	is_writable /a/x || verdict "it is read-only after the suspend"
	dmsetup load A --table "0 1048576 linear $(disk d0) 8"
	dmsetup suspend --nolockfs A
	dmsetup resume A
	freeze_and_thaw
	suspend mem || verdict "no second suspend: $error"
	is_writable /a/y || verdict "it is read-only after all"
	write_file /a/more 1
	# both mirrors are written anew
	btrfs balance start --full-balance /a >/tmp/balance 2>&1 || { send balance /tmp/balance; verdict "balance"; }
	FLOOR=2 check_disk btrfs "$(disk d1)" /a device=/dev/mapper/A
}

# With checkpoint=disable a sync leaves an f2fs dirty.
without_checkpoints() {
	make_fs f2fs "$(disk d0)"
	mount -t f2fs -o checkpoint=disable "$(disk d0)" /a || verdict "mount"
	write_file /a/file 4
	sync -f /a/file
	trigger "a freeze of f2fs without checkpoints"
	freeze_and_thaw
	write_file /a/x 1
	suspend mem || verdict "no suspend: $error"
	write_file /a/y 1
	mount -o remount,checkpoint=enable /a || verdict "remount"
	FLOOR=3 check_disk f2fs "$(disk d0)" /a
}

# All that is written to these disks while they are frozen by the user; then they are thawed, and sleep.
writes_nothing() { # disk...
	for d in "$@"; do
		d=$(disk "$d")
		grep -q "block_rq_issue: $(tr : , <"/sys/block/${d##*/}/dev") W" /sys/kernel/tracing/trace && verdict "writes to what is frozen"
	done
	/sbin/fsfreeze -u /a || verdict "thaw"
	freeze_and_thaw
	suspend mem || verdict "no suspend: $error"
}

# The last reference to a deleted file goes.
evicted() {
	modprobe f2fs
	make_mount f2fs "$(disk d0)" /a
	write_file /a/file 4
	dd if=/dev/zero of=/a/gone bs=1M count=64 2>/dev/null
	sync -f /a
	exec 8</a/gone
	rm /a/gone
	write_soon
	for f in /sys/fs/f2fs/vd*; do echo 1 >"$f/cp_interval"; done
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	echo >/sys/kernel/tracing/trace
	trigger "the last close of a deleted file of a frozen f2fs"
	exec 8<&-
	sleep 8
	writes_nothing d0
	sync -f /a
	FLOOR=1 check_disk f2fs "$(disk d0)" /a
}

# A write to a mapped file whose data is in its inode, which has no room for more.
mapped() {
	make_mount f2fs "$(disk d0)" /a
	write_file /a/file 4
	echo small >/a/small
	sync -f /a
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	echo >/sys/kernel/tracing/trace
	trigger "a write to a mapped file of a frozen f2fs"
	/usr/sbin/xfs_io -c "mmap -rw 0 4096" -c "mwrite -S 0x61 0 4" -c "msync -s" /a/small &
	await "the write does not wait for the thaw" waits_in "percpu_rwsem_wait|.*f2fs_vm_page_mkwrite.*|__percpu_down_read"
	sleep 1
	writes_nothing d0
	wait $! || verdict "xfs_io"
	[ "$(cat /a/small)" = aaaal ] || verdict "the write is lost"
	sync -f /a
	FLOOR=1 check_disk f2fs "$(disk d0)" /a
}

# Each process reads from the mirror that its number says.
read_both_mirrors() {
	dmesg -c >/dev/null
	for _ in 1 2 3 4; do
		echo 3 >/proc/sys/vm/drop_caches
		md5sum -c -s /a/sum.file || verdict "wrong data"
	done
	dmesg | grep -q "csum failed" || verdict "no bad copy has been read"
}

# A read finds a bad copy.
repaired() {
	make_fs btrfs -d raid1 -m raid1 "$(disk d0)" "$(disk d1)"
	mount -t btrfs -o device="$(disk d1)" "$(disk d0)" /a || verdict "mount"
	write_file /a/file 64
	sync -f /a
	umount /a
	# no superblock is there
	dd if=/dev/zero of="$(disk d0)" bs=1M seek=70 count=900 conv=notrunc,fsync 2>/dev/null
	mount -t btrfs -o device="$(disk d0)" "$(disk d1)" /a || verdict "mount with bad copies"
	read_both_mirrors
	dmesg | grep -q "read error corrected" || verdict "nothing is repaired"
	umount /a
	dd if=/dev/zero of="$(disk d0)" bs=1M seek=70 count=900 conv=notrunc,fsync 2>/dev/null
	mount -t btrfs -o device="$(disk d0)" "$(disk d1)" /a || verdict "mount with bad copies"
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	echo >/sys/kernel/tracing/trace
	trigger "a read of a bad copy on a frozen btrfs"
	read_both_mirrors
	writes_nothing d0 d1
	btrfs scrub start -B /a >/tmp/scrub 2>&1
	FLOOR=1 check_disk btrfs "$(disk d1)" /a device="$(disk d0)"
}

first() {
	prepare
	"$CASE"
	done_ok
}
