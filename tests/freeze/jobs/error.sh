# shellcheck shell=dash
# ext4 meets an error while it is frozen, and is to remember it.
. ./freeze.sh

first() {
	prepare
	d=$(disk d0)
	make_fs ext4 -O "$JOURNAL" "$d"
	mount -t ext4 -o errors=continue,noinit_itable "$d" /a || verdict "mount"
	[ "$JOURNAL" != has_journal ] || mount -o remount,commit=1 /a || verdict "remount"
	write_file /a/data 4
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	echo >/sys/kernel/tracing/trace
	trigger "an error of a filesystem that is frozen"
	echo "for the test" >"/sys/fs/ext4/${d##*/}/trigger_fs_error"
	dmesg | grep -q "EXT4-fs error (device ${d##*/}): trigger_test_error" || verdict "there is no error"
	# for it to be committed
	sleep 4
	! grep -q block_rq_issue /sys/kernel/tracing/trace || verdict "writes to what is frozen"
	/sbin/fsfreeze -u /a || verdict "thaw"
	# with power lost now, it would still be known
	blockdev --flushbufs "$d"
	dd if="$d" of=/tmp/super bs=1024 skip=1 count=1 2>/dev/null
	# s_error_count of the super block
	[ "$(od -A n -t u4 -j 404 -N 4 /tmp/super | tr -d ' ')" = 1 ] || verdict "the error is not on the disk"
	umount /a || verdict "umount"
	mount -t ext4 -o ro "$d" /a || verdict "mount, read-only"
	FLOOR=1 check_sums /a
	done_ok
}
