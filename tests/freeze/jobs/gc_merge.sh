# shellcheck shell=dash
# A f2fs with little space, whose GC is left to its thread, is frozen again and again. What is written back for that needs GC.
. ./freeze.sh

# Overwrites blocks here and there, in memory.
dirty_some() { # number
	n=0
	while [ $n -lt "$1" ]; do
		n=$((n + 1))
		r=$((r * 1103515245 + 12345 & 0x7fffffff))
		dd if=/dev/zero of="/a/file" bs=4k count=4 seek=$((r / 65536 % (blocks - 4))) conv=notrunc 2>/dev/null
	done
}

freezes() {
	/sbin/fsfreeze -f /a && echo >/tmp/frozen
}

first() {
	prepare
	write_late
	make_fs f2fs "$(disk d0)" $((128 << 11))
	mount -t f2fs -o mode=lfs,gc_merge,background_gc=on "$(disk d0)" /a || verdict "mount"
	write_file /a/data 4
	blocks=$(($(stat -f -c %a /a) * 95 / 100))
	dd if=/dev/urandom of=/a/file bs=4k count=$blocks 2>/dev/null
	sync -f /a
	r=1
	trigger "freezes of a f2fs that needs GC"
	for i in 1 2 3 4 5; do
		dirty_some 300
		say round $i
		rm -f /tmp/frozen
		freezes &
		await "the freeze waits for ever" test -e /tmp/frozen
		/sbin/fsfreeze -u /a || verdict "thaw"
		wait
	done
	umount /a || verdict "umount"
	check_fs f2fs "$(disk d0)"
	done_ok
}
