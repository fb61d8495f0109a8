# shellcheck shell=dash
# Changes a byte of a file on the disk, below a filesystem that still has the right one in its page cache.
. ./freeze.sh
first() {
	export FLOOR=1
	prepare
	make_mount "$FS" "$(disk d0)" /a
	[ "$FLOOR_MISSED" ] || write_file /a/file 1
	sync
	if [ "$CHANGE" ]; then
		block=$(filefrag -v /a/file | awk '$1 == "0:" { sub(/\.\./, "", $4); print $4 }')
		[ "$block" -gt 0 ] || verdict "no block"
		printf 'changed' | dd of="$(disk d0)" bs=4096 seek="$block" conv=notrunc,fsync 2>/dev/null
		md5sum -c -s /a/sum.file || verdict "the page cache has changed, too"
		trigger "a byte changed on the disk"
	fi
	check_disk "$FS" "$(disk d0)" /a
	verdict ok
}
