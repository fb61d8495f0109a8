# shellcheck shell=dash
# A f2fs finds a damaged inode while it is frozen, and is to remember it. The host damages it when the first run has ended, whose
# nonce is $BEFORE.
. ./freeze.sh

# s_errors of the super block, one bit for each kind
errors() {
	dd if="$d" bs=1 skip=$((1024 + 2794)) count=16 2>/dev/null | od -A n -t x1
}

make() {
	make_mount f2fs "$d" /a
	write_file /a/data 4
	echo x >"/a/for the test"
	umount /a || verdict "umount"
	done_ok
}

first() {
	prepare
	d=$(disk d0)
	[ -n "$BEFORE" ] || make
	mount -t f2fs "$d" /a || verdict "mount"
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	blockdev --flushbufs "$d"
	before=$(errors)
	echo >/sys/kernel/tracing/trace
	trigger "a damaged inode of a filesystem that is frozen"
	cat "/a/for the test" 2>/dev/null && verdict "it is not damaged"
	sleep 1
	! grep -q block_rq_issue /sys/kernel/tracing/trace || verdict "writes to what is frozen"
	/sbin/fsfreeze -u /a || verdict "thaw"
	blockdev --flushbufs "$d"
	say errors "$before, $(errors)"
	[ "$before" != "$(errors)" ] || verdict "the error is not on the disk"
	FLOOR=1 check_sums /a
	done_ok
}
