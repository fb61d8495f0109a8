# What the jobs of test_freeze.py have in common; sourced by them in the guest.

prepare() {
	# the names of Debian's programs are those of busybox's, too
	(cd / && cpio -i -d -m -u <"$(disk fstools)" 2>/dev/null)
	# the filesystems are loaded when they are mounted
	modprobe -a loop nbd dm-mod fuse || verdict "modprobe"
	export DM_DISABLE_UDEV=1
	ln -sf mke2fs /sbin/mkfs.ext4
	mkdir -p /a /b /c /d
	[ ! -e /sys/power/pm_debug_messages ] || echo 1 >/sys/power/pm_debug_messages
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	echo freezer >/sys/power/pm_test
	trace_writes
}

# x86_64's kernels can trace; the few runs of arm64 count at the device only.
trace_writes() {
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || return
	cd /sys/kernel/tracing || verdict tracefs
	echo global >trace_clock
	echo '!(rwbs ~ "R*")' >events/block/block_rq_issue/filter || verdict "trace filter"
	echo 1 >events/block/block_rq_issue/enable
	echo 1 >events/power/suspend_resume/enable
	opens="freeze_processes.* end"
	if [ -e events/power/filesystem_sleep ]; then
		echo 1 >events/power/filesystem_sleep/enable
		opens="filesystem_sleep: freezing .* end, err=0"
	fi
	cd /
}

# How many writes have been issued since the last filesystem was frozen, or on the base user space was, until the thaw.
# Not counted are the disks of $UNCOUNTED and the one that is swapped to.
count_writes() {
	[ -n "$opens" ] || return
	skip=" "
	for d in swap $UNCOUNTED; do
		d=$(disk "$d") && skip="$skip$(tr : , <"/sys/block/${d##*/}/dev") "
	done
	awk -v opens="$opens" -v skip="$skip" '
		$0 ~ opens { open = 1; n = 0; print "from here on" >"/tmp/writes" }
		/filesystem_sleep: thawing .* begin|thaw_processes.* begin/ { if (open) total += n; open = 0 }
		open && sub(/.*block_rq_issue: /, "") && !index(skip, " " $1 " ") { n++; print >"/tmp/writes" }
		END { print total + 0 }
	' /sys/kernel/tracing/trace >/tmp/written
	echo >/sys/kernel/tracing/trace
	say wrote "$(cat /tmp/written)" while frozen
	[ ! -e /sys/power/freeze_filesystems ] || [ "$(cat /tmp/written)" = 0 ] || {
		send writes /tmp/writes
		verdict "$(cat /tmp/written) writes while all was frozen"
	}
}

# Where an earlier boot has left an image that is to be restored
restore() { :; }

make_fs() { # type, device...
	type=$1
	shift
	case $type in
	ext4) /sbin/mke2fs -q -F -t ext4 "$@" ;;
	xfs) mkfs.xfs -q -f "$@" ;;
	btrfs) mkfs.btrfs -q -f "$@" ;;
	f2fs) mkfs.f2fs -q -f "$@" ;;
	esac >/tmp/mkfs 2>&1 || { send mkfs /tmp/mkfs; verdict "mkfs of $type on $1"; }
}

make_mount() { # type, device, directory
	make_fs "$1" "$2"
	mount -t "$1" "$2" "$3" || verdict "mount of $1 on $2"
}

check_fs() { # type, device
	case $1 in
	ext4) e2fsck -f -n "$2" ;;
	xfs) xfs_repair -n "$2" ;;
	btrfs) btrfs check --readonly "$2" ;;
	f2fs) fsck.f2fs --dry-run "$2" ;;
	esac >/tmp/fsck 2>&1 || { send fsck /tmp/fsck; verdict "$1 on $2 is not clean"; }
}

umount_check() { # type, device, directory
	umount "$3" || verdict "umount of $3"
	check_fs "$1" "$2"
}

# A loop device over a new file, which has its blocks
make_loop() { # file, MiB
	dd if=/dev/zero of="$1" bs=1M count="$2" 2>/dev/null && sync "$1" || verdict "no space for $1"
	/sbin/losetup -f --show $DIRECT_IO "$1" || verdict "no loop device on $1"
}

# Mounts an ext4 on $l, a loop device over a file that bindfs serves
mount_on_fuse() { # directory
	mkdir -p /back /fuse
	mount -t tmpfs tmpfs /back
	bindfs /back /fuse || verdict "bindfs"
	l=$(make_loop /fuse/file 64)
	make_mount ext4 "$l" "$1"
}

# From now on, all I/O of a dm device fails.
break_dm() { # name, sectors
	dmsetup suspend --nolockfs --noflush "$1"
	dmsetup load "$1" --table "0 $2 error"
	dmsetup resume "$1"
}

# Writes numbered blocks with a checksum each until it is told to stop; at any moment the sums that there are are right.
writer() { # directory
	n=0
	while [ ! -e /tmp/stop ]; do
		n=$((n + 1))
		b=$1/block.$((n % 64)) s=$1/sum.$((n % 64))
		{ rm -f "$s" && head -c 65536 /dev/urandom >"$b" && md5sum "$b" >"$s.new" && mv "$s.new" "$s"; } 2>/dev/null ||
			{ echo "$1" >>/tmp/write-failed; break; }
		echo "$n" >"/tmp/progress.${1##*/}"
	done
}

start_writers() { # directories
	rm -f /tmp/stop /tmp/write-failed
	for w in "$@"; do echo 0 >"/tmp/progress.${w##*/}"; done
	for w in "$@"; do writer "$w" & done
	sleep 0.5
}

# Tasks of which one is always waiting for data to be written
start_fsync() { # directory
	for f in 1 2 3; do
		(while [ ! -e /tmp/stop ]; do dd if=/dev/zero of="$1/fsync.$f" bs=4k count=1 conv=fsync 2>/dev/null; done) &
	done
}

progress() { # directory
	# the file is empty for a moment while it is written
	until p=$(cat "/tmp/progress.${1##*/}") && [ -n "$p" ]; do :; done
	echo "$p"
}

check_progress() { # directories
	for w in "$@"; do progress "$w" >"/tmp/before.${w##*/}"; done
	for w in "$@"; do
		t=0
		until [ "$(progress "$w")" -gt "$(cat "/tmp/before.${w##*/}")" ]; do
			sleep 0.2
			t=$((t + 1))
			[ $t -lt 100 ] || { send_log; verdict "the writer on $w does not get on"; }
		done
	done
}

# All writers get on, none has failed, and every block that has a sum matches it.
check_writers() { # directories
	check_progress "$@"
	touch /tmp/stop
	wait
	[ ! -e /tmp/write-failed ] || verdict "a write failed on $(cat /tmp/write-failed)"
	for w in "$@"; do check_sums "$w"; done
}

check_sums() { # directory
	cat "$1"/sum.? "$1"/sum.?? >/tmp/sums
	md5sum -c -s /tmp/sums || verdict "wrong data on $1"
}

suspend() { # what to write to /sys/power/state
	echo "$1" >/sys/power/state
	rc=$?
	say suspend "$1" "$rc" after "$(cut -d' ' -f1 /proc/uptime)"
	[ $rc != 0 ] || count_writes
	return $rc
}

# Wakes the machine so many seconds from now
alarm() { # seconds
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo "+$1" >/sys/class/rtc/rtc0/wakealarm || verdict "no wakealarm"
}

send_log() {
	dmesg >/tmp/dmesg
	send dmesg /tmp/dmesg
}

# Ends a run in which all went well, unless the kernel complains.
done_ok() {
	send_log
	grep -e BUG: -e WARNING: -e "possible circular" -e "blocked for more" /tmp/dmesg >/tmp/complaints &&
		verdict "the kernel complains: $(head -n 1 /tmp/complaints)"
	verdict ok
}
