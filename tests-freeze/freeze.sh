# What the jobs of test_freeze.py have in common; sourced by them in the guest.

prepare() {
	# the names of Debian's programs are those of busybox's, too
	(cd / && cpio -i -d -m -u <"$(disk fstools)" 2>/dev/null)
	export DM_DISABLE_UDEV=1
	mkdir -p /a /b /c /d
	[ ! -e /sys/power/pm_debug_messages ] || echo 1 >/sys/power/pm_debug_messages
	echo freezer >/sys/power/pm_test
}

make_fs() { # type, device
	case $1 in
	ext4) /sbin/mke2fs -q -F -t ext4 "$2" ;;
	xfs) mkfs.xfs -q -f "$2" ;;
	btrfs) mkfs.btrfs -q -f "$2" ;;
	f2fs) mkfs.f2fs -q -f "$2" ;;
	esac >/tmp/mkfs 2>&1 || { send mkfs /tmp/mkfs; verdict "mkfs of $1 on $2"; }
}

make_mount() { # type, device, directory
	make_fs "$1" "$2"
	mount -t "$1" "$2" "$3" || verdict "mount of $1 on $2"
}

# A loop device over a new file, which has its blocks
make_loop() { # file, MiB
	dd if=/dev/zero of="$1" bs=1M count="$2" 2>/dev/null && sync "$1" || verdict "no space for $1"
	l=$(losetup -f)
	losetup "$l" "$1" || verdict "no loop device on $1"
	echo "$l"
}

# Writes numbered blocks with a checksum each until it is told to stop
writer() { # directory
	n=0
	while [ ! -e /tmp/stop ]; do
		n=$((n + 1))
		head -c 65536 /dev/urandom >"$1/block.$((n % 64))" 2>/dev/null || { echo "$1" >>/tmp/write-failed; break; }
		md5sum "$1/block.$((n % 64))" >"$1/sum.$((n % 64))"
		echo "$n" >"/tmp/progress.${1##*/}"
	done
}

start_writers() { # directories
	rm -f /tmp/stop /tmp/write-failed
	for w in "$@"; do writer "$w" & done
	sleep 0.5
}

# All writers get on, none has failed, and every block that has a sum matches it.
check_writers() {
	for w in "$@"; do cp "/tmp/progress.${w##*/}" "/tmp/before.${w##*/}"; done
	for w in "$@"; do
		t=0
		until [ "$(cat "/tmp/progress.${w##*/}")" -gt "$(cat "/tmp/before.${w##*/}")" ]; do
			sleep 0.2
			t=$((t + 1))
			[ $t -lt 100 ] || { send_log; verdict "the writer on $w does not get on"; }
		done
	done
	touch /tmp/stop
	wait
	[ ! -e /tmp/write-failed ] || verdict "a write failed on $(cat /tmp/write-failed)"
	for w in "$@"; do
		cat "$w"/sum.* >/tmp/sums
		md5sum -c -s /tmp/sums || verdict "wrong data on $w"
	done
}

suspend() { # what to write to /sys/power/state
	echo "$1" >/sys/power/state
	rc=$?
	say suspend "$1" "$rc" after "$(cut -d' ' -f1 /proc/uptime)"
	return $rc
}

send_log() {
	dmesg >/tmp/dmesg
	send dmesg /tmp/dmesg
}
