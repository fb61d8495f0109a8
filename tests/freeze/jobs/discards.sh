# shellcheck shell=dash
# What has been deleted is being discarded, slowly, when the filesystem $HOW: is frozen by the user, then for a sleep, or is
# remounted read-only, or an error ends it.
. ./freeze.sh

# so many have been issued since the trace was cleared
has_discards() { # number
	[ "$(grep -c "block_rq_issue: $number D" /sys/kernel/tracing/trace)" -ge "$1" ]
}

# A device of which this many milliseconds go by before a write or discard is issued.
make_slow() { # milliseconds of the 1st and 3rd quarter of the disk, of the 2nd and 4th
	d=$(disk d0)
	for q in 0 1 2 3; do
		ms=$1
		[ $((q % 2)) = 0 ] || ms=$2
		# reads, writes, flushes
		echo "$((q * 524288)) 524288 delay $d $((q * 524288)) 0 $d $((q * 524288)) $ms $d $((q * 524288)) 0"
	done >/tmp/table
	dmsetup create slow </tmp/table || verdict "dm-delay"
}

# Files, each with a hole behind it when every second is deleted
make_files() { # prefix
	n=0
	while [ $n -lt 400 ]; do
		n=$((n + 1))
		# the shell itself does it
		printf %8192d 0 >"/a/$1.$n"
	done
	sync -f /a
}

make_ext4() {
	make_slow 20 20
	make_fs ext4 /dev/mapper/slow
	mount -t ext4 -o discard,commit=1000,noinit_itable,errors=remount-ro /dev/mapper/slow /a || verdict "mount"
	make_files 1
	make_files 2
}

delete_ext4() {
	rm /a/"$1".*[13579]
	sync -f /a
	await "nothing is discarded" has_discards 1
}

# Only what is behind the metadata of each allocation group is slow, or the log would wait as long.
make_xfs() {
	make_slow 0 2500
	mkfs.xfs -q -f -d agcount=2 /dev/mapper/slow >/tmp/mkfs 2>&1 || { send mkfs /tmp/mkfs; verdict "mkfs"; }
	mount -t xfs -o discard /dev/mapper/slow /a || verdict "mount"
	for f in /a/1 /a/2; do
		# of an allocation group of 512 MiB; what has not been written to is not discarded
		{ fallocate -l 360m $f && dd if=/dev/zero of=$f bs=1M seek=280 count=40 conv=notrunc 2>/dev/null; } ||
			verdict "no space for $f"
	done
	sync -f /a
}

delete_xfs() {
	rm "/a/$1"
}

make_btrfs() {
	make_slow 0 0
	make_fs btrfs /dev/mapper/slow
	mount -t btrfs -o discard=async /dev/mapper/slow /a || verdict "mount"
	# the rest of them takes half a minute, however slow the machine is
	for f in /sys/fs/btrfs/*-*/discard; do
		echo 100 >"$f/iops_limit"
		echo 65536 >"$f/max_discard_size"
	done
	for f in /a/1 /a/2; do fallocate -l 200m $f || verdict "fallocate"; done
	sync -f /a
}

# A block group with nothing in it is discarded after ten seconds.
delete_btrfs() {
	rm "/a/$1"
	sync -f /a
	await "nothing is discarded" has_discards 1
}

# The discards that a freeze of xfs waits for are the last ones.
go_on() {
	[ "$FS" = xfs ] || await "nothing is discarded after the thaw" has_discards 10
}

# It writes nothing from now on, so no freeze stops it.
ends() {
	case $HOW in
	"is read-only")
		trigger "remount with discards to be done"
		mount -o remount,ro /a || verdict "remount"
		;;
	"has failed")
		trigger "error with discards to be done"
		echo "for the test" >/sys/fs/ext4/dm-0/trigger_fs_error
		# for the one that is under way
		sleep 0.1
		;;
	esac
	echo >/sys/kernel/tracing/trace
	sleep 4
	has_discards 1 && verdict "discards while it $HOW"
	umount /a || verdict "umount"
	mount -t "$FS" /dev/mapper/slow /a || verdict "mount again"
	FLOOR=1 check_sums /a
	done_ok
}

first() {
	prepare
	modprobe dm-delay || verdict "modprobe"
	number=$(d=$(disk d0) && tr : , <"/sys/block/${d##*/}/dev")
	echo 4 >/sys/module/suspend/parameters/pm_test_delay
	"make_$FS"
	write_file /a/data 4
	echo >/sys/kernel/tracing/trace
	"delete_$FS" 1
	[ "$HOW" = "is frozen" ] || ends
	trigger "fsfreeze with discards to be done"
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	echo >/sys/kernel/tracing/trace
	sleep 4
	has_discards 1 && verdict "discards while it is frozen"
	/sbin/fsfreeze -u /a || verdict "thaw"
	go_on
	echo >/sys/kernel/tracing/trace
	"delete_$FS" 2
	suspend mem || verdict "no suspend: $error"
	go_on
	FLOOR=1 check_disk "$FS" /dev/mapper/slow /a
	done_ok
}
