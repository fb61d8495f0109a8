# shellcheck shell=dash
# What the jobs of tests/freeze have in common; they source it in the guest. The filesystems are on the directories
# /a, /b, /c and /d, the disks are found by their serial numbers d0 to d3.

prepare() {
	# the names of Debian's programs are those of busybox's, too
	(cd / && cpio -i -d -m -u <"$(disk fstools)" 2>/dev/null)
	# the filesystems are loaded when they are mounted
	modprobe -a loop nbd dm-mod fuse || verdict "modprobe"
	export DM_DISABLE_UDEV=1
	ln -sf mke2fs /sbin/mkfs.ext4
	mkdir -p /a /b /c /d
	[ ! -e /sys/power/pm_debug_messages ] || echo 1 >/sys/power/pm_debug_messages
	echo "${HUNG_TASK:-60}" >/proc/sys/kernel/hung_task_timeout_secs || verdict "no hung-task detector"
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	echo freezer >/sys/power/pm_test
	trace_writes
}

# Polls until a command succeeds. It does so within a minute, or the run fails.
await() { # what, command...
	awaited=$1
	shift
	polls=0
	until "$@"; do
		sleep 0.1
		polls=$((polls + 1))
		[ $polls -lt $((600 * ${SLOW:-1})) ] || verdict "$awaited"
	done
}

# A task waits in this function of the kernel. Most of those that only wait, as mutex_lock(), are not named here, but who has
# called them.
waits_in() { # extended regular expression
	grep -E -q -s -x "$1" /proc/[0-9]*/wchan
}

# The kernel has said of a task of this name that it hangs.
is_hung() { # name
	dmesg | grep -q "INFO: task $1:[0-9]* blocked for more than"
}

# On the base, the sync before a suspend may wait for ever. Then this ends the run.
watch_sync() {
	[ "$FLAVOR" = base ] || return 0
	echo 5 >/proc/sys/kernel/hung_task_timeout_secs
	(
		until dmesg | grep -q "blocked for more than"; do sleep 1; done
		grep -q -s ksys_sync_helper /proc/[0-9]*/stack || verdict "a task hangs, but none that syncs before a suspend"
		verdict "the sync before the suspend waits for ever"
	) &
}

# From the moment when the last filesystem is frozen, or on the base user space is, to the thaw, every write is traced.
trace_writes() {
	mount -t tracefs tracefs /sys/kernel/tracing || verdict "no tracefs"
	cd /sys/kernel/tracing || verdict "no tracefs"
	# an oops turns it off
	echo 1 >tracing_on
	echo global >trace_clock
	echo '!(rwbs ~ "R*")' >events/block/block_rq_issue/filter || verdict "no trace of writes"
	echo 1 >events/block/block_rq_issue/enable || verdict "no trace of writes"
	echo 1 >events/power/suspend_resume/enable || verdict "no trace of the sleep"
	[ ! -e events/power/filesystem_sleep ] || echo 1 >events/power/filesystem_sleep/enable
	cd /
}

# Says how many writes have been issued while all was frozen. Not counted are the disks of $UNCOUNTED, and the one that
# is swapped to, "swap". $NO_FILESYSTEM: there is none to freeze. The trace is kept in the file $KEPT_TRACE.
count_writes() {
	# else one who writes fast makes it longer than is read of it
	echo 0 >/sys/kernel/tracing/tracing_on
	# a hibernation and a kexec of the base show no freeze_processes
	opens="freeze_processes.* end|dpm_prepare.* begin"
	[ ! -e /sys/kernel/tracing/events/power/filesystem_sleep ] || [ -n "$NO_FILESYSTEM" ] ||
		opens="filesystem_sleep: freezing .* end, err=0"
	skip=" "
	for u in swap $UNCOUNTED; do
		[ -b "$u" ] || u=$(disk "$u") || continue
		skip="$skip$(tr : , <"/sys/block/${u##*/}/dev") "
	done
	awk -v opens="$opens" -v skip="$skip" '
		$0 ~ opens { if (!open || /filesystem_sleep/) n = 0; open = 1; print "from here on" >"/tmp/writes" }
		/filesystem_sleep: thawing .* begin|thaw_processes.* begin/ { if (open) total += n; if (open) windows++; open = 0 }
		open && sub(/.*block_rq_issue: /, "") && !index(skip, " " $1 " ") { n++; print >"/tmp/writes" }
		END { print windows ? total + 0 : "no" }
	' /sys/kernel/tracing/trace >/tmp/written
	[ -z "$KEPT_TRACE" ] || cat /sys/kernel/tracing/trace >"$KEPT_TRACE"
	echo >/sys/kernel/tracing/trace
	echo 1 >/sys/kernel/tracing/tracing_on
	# a hibernation of the base that ends with the freezer shows nothing
	[ "$FLAVOR" = series ] || [ "$(cat /tmp/written)" != no ] || echo 0 >/tmp/written
	[ "$(cat /tmp/written)" != no ] || verdict "the trace does not show the sleep"
	say wrote "$(cat /tmp/written)"
	[ "$(cat /tmp/written)" = 0 ] || {
		send writes /tmp/writes
		verdict "$(cat /tmp/written) writes while all was frozen"
	}
}

# To be called after each sleep, and by suspend()
slept() { # how
	say slept "$1"
	count_writes
}

# Goes to sleep. A sleep that is refused says why: the error, which is in $error too, the counts of
# /sys/power/suspend_stats, and the log.
suspend() { # what to write to /sys/power/state
	if error=$({ echo "$1" >/sys/power/state; } 2>&1); then
		slept "$1"
		return 0
	fi
	error=${error##*: }
	say refused "$1: $error"
	for f in /sys/power/suspend_stats/*; do echo "${f##*/} $(cat "$f")"; done >/tmp/suspend_stats
	send suspend_stats /tmp/suspend_stats
	send_log
	echo >/sys/kernel/tracing/trace
	return 1
}

# Stage resume: a hibernation image is on the disk "swap", at the offset that mark_resume() was told.
resume() {
	prepare
	restore
}

restore() {
	echo "$RESUME" >/sys/power/resume_offset
	cat "/sys/block/$(basename "$(disk swap)")/dev" >/sys/power/resume
	verdict "the image has not been restored"
}

make_fs() { # type, device...
	type=$1
	shift
	case $type in
	ext4) /sbin/mke2fs -q -F -t ext4 "$@" ;;
	xfs) mkfs.xfs -q -f "$@" ;;
	btrfs) mkfs.btrfs -q -f "$@" ;;
	f2fs) mkfs.f2fs -q -f "$@" ;;
	jfs) mkfs.jfs -q "$@" ;;
	nilfs2) mkfs.nilfs2 -q -f "$@" ;;
	gfs2) mkfs.gfs2 -q -O -p lock_nolock "$@" ;;
	ocfs2) yes | mkfs.ocfs2 -q -M local "$@" ;;
	*) echo "no mkfs for $type" && false ;;
	esac >/tmp/mkfs 2>&1 || { send mkfs /tmp/mkfs; verdict "mkfs of $type on $1"; }
}

make_mount() { # type, device, directory
	make_fs "$1" "$2"
	mount -t "$1" "$2" "$3" || verdict "mount of $1 on $2"
}

# One of each
make_four() {
	make_mount ext4 "$(disk d0)" /a
	make_mount xfs "$(disk d1)" /b
	make_mount btrfs "$(disk d2)" /c
	make_mount f2fs "$(disk d3)" /d
}

check_four() {
	check_disk ext4 "$(disk d0)" /a
	check_disk xfs "$(disk d1)" /b
	check_disk btrfs "$(disk d2)" /c
	check_disk f2fs "$(disk d3)" /d
}

check_fs() { # type, device
	case $1 in
	ext4) e2fsck -f -n "$2" ;;
	xfs) xfs_repair -n "$2" ;;
	btrfs) btrfs check --readonly --check-data-csum "$2" ;;
	f2fs) fsck.f2fs --dry-run "$2" ;;
	jfs) fsck.jfs -n "$2" ;;
	# there is no such program
	nilfs2) : ;;
	gfs2) fsck.gfs2 -n "$2" ;;
	ocfs2) fsck.ocfs2 -f -n "$2" ;;
	*) echo "no fsck for $1" && false ;;
	esac >/tmp/fsck 2>&1 || { send fsck /tmp/fsck; verdict "$1 on $2 is not clean"; }
}

# Reads from the disk what has been written, and not from the page cache: fsck, and the sums of all that writers wrote
check_disk() { # type, device, directory, mount options
	sync
	umount "$3" || verdict "umount of $3"
	echo 3 >/proc/sys/vm/drop_caches
	check_fs "$1" "$2"
	mount -t "$1" -o "ro${4:+,$4}" "$2" "$3" || verdict "mount of $1 on $2, read-only"
	check_sums "$3"
	umount "$3" || verdict "second umount of $3"
}

# All files of a directory that have a sum. Too few prove nothing: of a writer's, as many as it has written.
check_sums() { # directory
	cat "$1"/sum.* >/tmp/sums 2>/dev/null
	sums=$(wc -l </tmp/sums)
	say checked "$sums" files on "$1"
	floor=$(cat "/tmp/floor.${1##*/}" 2>/dev/null || echo "${FLOOR:-8}")
	[ "$sums" -ge "$floor" ] || verdict "only $sums sums on $1, not $floor"
	md5sum -c -s /tmp/sums || verdict "wrong data on $1"
}

# Writes a file of random data with its sum, for check_sums() to find
write_file() { # file, MiB
	dd if=/dev/urandom of="$1" bs=1M count="$2" 2>/dev/null || verdict "a write of $1 failed"
	md5sum "$1" >"${1%/*}/sum.${1##*/}" || verdict "a write of the sum of $1 failed"
}

# A loop device over a new file, which has its blocks
make_loop() { # file, MiB
	dd if=/dev/zero of="$1" bs=1M count="$2" conv=fsync 2>/dev/null || verdict "no space for $1"
	# shellcheck disable=SC2086
	/sbin/losetup -f --show $DIRECT_IO "$1" || verdict "no loop device on $1"
}

# Connects /dev/nbd0 to a server of this machine.
make_nbd() { # MiB
	ifconfig lo 127.0.0.1
	mkdir -p /back
	mount -t tmpfs tmpfs /back
	dd if=/dev/zero of=/back/file bs=1M count="$1" 2>/dev/null
	echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
	# the kernel sees only the connection
	/job/tasks flusher nbd-server 127.0.0.1:10809 /back/file -C /dev/null >/tmp/nbd 2>&1 || { send nbd /tmp/nbd; verdict "nbd-server"; }
	await "nbd-server does not listen" grep -q "0100007F:2A39 00000000:0000 0A" /proc/net/tcp
	nbd-client 127.0.0.1 10809 /dev/nbd0 -N "" >/tmp/nbd 2>&1 || { send nbd /tmp/nbd; verdict "nbd-client"; }
}

# Mounts an ext4 on $l, a loop device over a file that bindfs serves.
mount_on_fuse() { # directory
	mkdir -p /back /fuse
	mount -t tmpfs tmpfs /back
	bindfs /back /fuse || verdict "bindfs"
	# 64 MiB take their time by way of the server
	dd if=/dev/zero of=/back/file bs=1M count=64 2>/dev/null
	l=$(/sbin/losetup -f --show /fuse/file) || verdict "no loop device on /fuse/file"
	make_mount ext4 "$l" "$1"
}

# From now on, all I/O of a dm device fails.
break_dm() { # name, sectors
	dmsetup suspend --nolockfs --noflush "$1"
	dmsetup load "$1" --table "0 $2 error"
	dmsetup resume "$1"
}

# Dirty data is not written before it has to be: by a sync, or by the freeze.
write_late() {
	echo 100000 >/proc/sys/vm/dirty_writeback_centisecs
	echo 90 >/proc/sys/vm/dirty_ratio
	echo 80 >/proc/sys/vm/dirty_background_ratio
}

# Dirty data is to be written at once, and not by the sync before a suspend, so that the base is seen to write.
write_soon() {
	echo 10 >/proc/sys/vm/dirty_writeback_centisecs
	echo 10 >/proc/sys/vm/dirty_expire_centisecs
	echo 0 >/sys/power/sync_on_suspend
}

# The host has called Machine.tell() with this word.
told() { # word
	port "$1" >/dev/null
}

# From now on the host throttles the disks.
slow_down() {
	say "slow down"
	await "the host does not slow the disks down" told slow
}

is_dirty() { # KiB
	[ "$(awk '/^(Dirty|Writeback):/ { n += $2 } END { print n }' /proc/meminfo)" -ge "$1" ]
}

# Overwrites 8 MiB of a file until it is told to stop.
dirty() { # directory
	while [ ! -e /tmp/stop ]; do
		dd if=/dev/zero of="$1/dirty" bs=1M count=8 conv=notrunc 2>/dev/null
		usleep 100000
	done
}

# The host slows the disks down, and from then on there is always data that waits to be written to these filesystems.
# They are ext4 and xfs: a task that overwrites what is being written waits for that elsewhere, and is frozen late.
pile_up() { # directories
	rm -f /tmp/stop
	for w in "$@"; do
		# few requests are under way at a time, so that the others are seen to be issued
		d=$(awk -v on="$w" '$2 == on { print $1 }' /proc/mounts)
		echo 4 >"/sys/block/${d##*/}/queue/nr_requests"
		# on the base, so small that even a short sleep sees some
		case $FLAVOR in base) size=16 ;; *) size=64 ;; esac
		echo "$size" >"/sys/block/${d##*/}/queue/max_sectors_kb"
		dirty "$w" &
	done
	slow_down
	await "no data piles up" is_dirty $(($# * 4096))
}

# Writes numbered blocks with a checksum each until it is told to stop; at any moment the sums that there are are right.
writer() { # directory
	n=0
	while [ ! -e /tmp/stop ]; do
		n=$((n + 1))
		b=$1/block.$((n % 64)) s=$1/sum.$((n % 64))
		{ rm -f "$s" && head -c 65536 /dev/urandom >"$b" && md5sum "$b" >"$1/new" && mv "$1/new" "$s"; } 2>/dev/null ||
			{ echo "$1" >>/tmp/write-failed; break; }
		echo "$n" >"/tmp/progress.${1##*/}"
	done
}

start_writers() { # directories
	rm -f /tmp/stop /tmp/write-failed
	for w in "$@"; do echo 0 >"/tmp/progress.${w##*/}"; done
	for w in "$@"; do writer "$w" & done
	for w in "$@"; do await "the writer on $w does not begin" has_written "$w" "${FLOOR:-8}"; done
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

has_written() { # directory, blocks
	[ "$(progress "$1")" -ge "$2" ]
}

# Every writer gets on after the sleep.
check_progress() { # directories
	for w in "$@"; do progress "$w" >"/tmp/before.${w##*/}"; done
	for w in "$@"; do
		await "the writer on $w does not get on" has_written "$w" $(($(cat "/tmp/before.${w##*/}") + 1))
	done
}

# All writers get on and none has failed; check_disk() then looks at what they wrote.
stop_writers() { # directories
	check_progress "$@"
	touch /tmp/stop
	wait
	[ ! -e /tmp/write-failed ] || verdict "a write failed on $(cat /tmp/write-failed)"
	for w in "$@"; do
		n=$(progress "$w")
		[ "$n" -le 64 ] || n=64
		echo "$n" >"/tmp/floor.${w##*/}"
	done
}

# Goes to sleep in earnest, with go_to_sleep() of the job, while four filesystems are written to.
sleep_with_four() { # what is tested
	echo none >/sys/power/pm_test
	write_soon
	make_four
	start_writers /a /b /c /d
	pile_up /a /b
	trigger "$1 with data to be written on four filesystems"
	go_to_sleep
	stop_writers /a /b /c /d
	check_four
	done_ok
}

# Wakes the machine so many seconds from now.
alarm() { # seconds
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo "+$1" >/sys/class/rtc/rtc0/wakealarm || verdict "no wakealarm"
}

# Ends a run in which all went well.
done_ok() {
	send_log
	verdict ok
}
