# shellcheck shell=dash
# The threads of a filesystem of type $FS, on /a, are driven hard while the machine sleeps in the ways of $KINDS. Another one,
# on /b, is only written to. If $FAILS, the disk fails for a while before the first sleep, and the filesystem goes read-only.
. ./freeze.sh

# Commits, checkpoints, discards, and the initialization of the inode tables of 256 groups, which takes a minute or more
make_ext4() {
	options=discard,commit=1,init_itable=100,errors=remount-ro
	threads="jbd2/ ext4lazyinit"
	/sbin/mke2fs -q -F -t ext4 -g 1024 -N 262144 -J size=4 -E lazy_itable_init=1 "$1"
}

# The log, the AIL, discards, and what is preallocated and given back
make_xfs() {
	options=discard
	threads="xfsaild/ kworker/"
	modprobe xfs
	echo 100 >/proc/sys/fs/xfs/xfssyncd_centisecs
	echo 1 >/proc/sys/fs/xfs/speculative_prealloc_lifetime
	mkfs.xfs -q -f "$1"
}

# Commits, discards, a balance, a scrub and a rescan of the quotas
make_btrfs() {
	options=discard=async,commit=1
	threads="btrfs-transacti kworker/"
	mkfs.btrfs -q -f "$1"
}

# Garbage collection and discards
make_f2fs() {
	options=discard,background_gc=sync
	threads="f2fs_gc f2fs_discard"
	mkfs.f2fs -q -f "$1"
}

drive_ext4() { :; }
drive_xfs() { :; }

drive_btrfs() {
	mkdir -p /var/lib/btrfs
	for f in /sys/fs/btrfs/*-*/discard; do
		echo 1000 >"$f/iops_limit"
		echo 65536 >"$f/max_discard_size"
	done
	btrfs quota enable /a
	(while [ ! -e /tmp/stop ]; do btrfs balance start --full-balance /a >/dev/null 2>&1; btrfs quota rescan -w /a >/dev/null 2>&1; done) &
	(while [ ! -e /tmp/stop ]; do btrfs scrub start -B /a >/dev/null 2>&1; done) &
}

drive_f2fs() {
	# segments of which each has garbage
	i=0
	while [ $i -lt 800 ]; do i=$((i + 1)); dd if=/dev/zero of="/a/fill.$i" bs=256k count=1 2>/dev/null; done
	sync -f /a
	rm /a/fill.*[13579]
	for f in /sys/fs/f2fs/*/gc_urgent; do
		echo 10 >"${f}_sleep_time"
		echo 1 >"$f"
	done
}

# Files that come and go
churn() {
	i=0
	while [ ! -e /tmp/stop ]; do
		i=$((i + 1))
		mkdir -p "/a/churn.$((i % 8))"
		for f in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do printf %16384d 0 >"/a/churn.$((i % 8))/$f"; done
		rm -r "/a/churn.$(((i + 4) % 8))"
	done 2>/dev/null
}

cannot_write() {
	! { echo new >/a/new && sync -d /a/new && sync -f /a; } 2>/dev/null
}

submits() {
	grep -q block_bio_queue /sys/kernel/tracing/trace
}

# Each of the threads writes or discards. What one submits, another may issue.
check_threads() {
	cd /sys/kernel/tracing/events/block || verdict "no trace of writes"
	echo 0 >block_rq_issue/enable
	for t in $threads; do
		echo >/sys/kernel/tracing/trace
		echo "!(rwbs ~ \"R*\") && comm ~ \"$t*\"" >block_bio_queue/filter || verdict "no trace of $t"
		echo 1 >block_bio_queue/enable
		await "$t does not write" submits
		echo 0 >block_bio_queue/enable
	done
	echo >/sys/kernel/tracing/trace
	echo 1 >block_rq_issue/enable
	cd /job || verdict "no /job"
}

sleep_once() { # kind
	case $1 in
	freezer | devices)
		echo "$1" >/sys/power/pm_test
		suspend mem
		;;
	image)
		echo freezer >/sys/power/pm_test
		suspend disk
		;;
	ram)
		echo none >/sys/power/pm_test
		suspend mem
		;;
	disk)
		echo none >/sys/power/pm_test
		echo reboot >/sys/power/disk
		mark_resume 0
		suspend disk
		;;
	esac || verdict "no sleep $n, $1: $error"
}

first() {
	prepare
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	write_soon
	{ mkswap "$(disk swap)" >/dev/null && swapon "$(disk swap)"; } || verdict "swapon"
	d=$(disk d0)
	if [ -n "$FAILS" ]; then
		dmsetup create A --table "0 2097152 linear $d 0" || verdict "dmsetup"
		d=/dev/mapper/A
	fi
	"make_$FS" "$d" >/tmp/mkfs 2>&1 || { send mkfs /tmp/mkfs; verdict "mkfs"; }
	mount -t "$FS" -o "$options" "$d" /a || verdict "mount"
	make_mount ext4 "$(disk d1)" /b
	if [ -n "$FAILS" ]; then written="/b"; else written="/a /b"; fi
	# shellcheck disable=SC2086
	start_writers $written
	churn &
	"drive_$FS"
	check_threads
	if [ -n "$FAILS" ]; then
		break_dm A 2097152
		await "writes do not fail" cannot_write
		{ dmsetup suspend --noflush A && dmsetup load A --table "0 2097152 linear $(disk d0) 0" && dmsetup resume A; } ||
			verdict "dmsetup"
	fi
	trigger "sleeps while the threads of $FS are at work"
	n=0
	for kind in $KINDS; do
		n=$((n + 1))
		say "sleep $n $kind"
		echo "sleep $n" >/dev/kmsg
		sleep_once "$kind"
		# shellcheck disable=SC2086
		check_progress $written
		say "awake $n"
	done
	# shellcheck disable=SC2086
	stop_writers $written
	if [ -n "$FAILS" ]; then
		umount /a || verdict "umount of what is dead"
	else
		check_disk "$FS" "$d" /a
	fi
	done_ok
}
