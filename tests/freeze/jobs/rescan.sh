# shellcheck shell=dash
# A rescan of btrfs's quotas that has begun before the freeze, and ends after the thaw
. ./freeze.sh

first() {
	prepare
	make_mount btrfs "$(disk d0)" /a
	btrfs subvolume create /a/s >/dev/null
	dd if=/dev/urandom of=/a/s/file bs=4k count=2000 oflag=direct 2>/dev/null || verdict "dd"
	md5sum /a/s/file >/a/sum.file
	n=0
	while [ $n -lt 30 ]; do n=$((n + 1)); btrfs subvolume snapshot -r /a/s /a/$n >/dev/null; done
	btrfs quota enable /a || verdict "quota enable"
	btrfs quota rescan -w /a >/dev/null
	btrfs quota rescan /a >/dev/null || verdict "quota rescan"
	trigger "suspend while a rescan goes on"
	# the base has to be told to freeze it
	[ "$FLAVOR" = series ] || /sbin/fsfreeze -f /a
	suspend mem || verdict "no suspend"
	btrfs quota rescan -w /a >/dev/null
	FLOOR=1 check_disk btrfs "$(disk d0)" /a
	done_ok
}
