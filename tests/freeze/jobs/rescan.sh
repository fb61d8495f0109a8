# shellcheck shell=dash
# A rescan of btrfs's quotas that has begun before the freeze, and ends after the thaw
. ./freeze.sh

begin_rescan() {
	btrfs quota rescan -w /a >/dev/null
	btrfs quota rescan /a >/dev/null || verdict "quota rescan"
}

first() {
	prepare
	make_mount btrfs "$(disk d0)" /a
	btrfs subvolume create /a/s >/dev/null
	dd if=/dev/urandom of=/a/s/file bs=4k count=2000 oflag=direct 2>/dev/null || verdict "dd"
	md5sum /a/s/file >/a/sum.file
	n=0
	while [ $n -lt 30 ]; do n=$((n + 1)); btrfs subvolume snapshot -r /a/s /a/$n >/dev/null; done
	btrfs quota enable /a || verdict "quota enable"
	begin_rescan
	trigger "suspend while a rescan waits for the thaw by the user"
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	suspend mem || verdict "no suspend: $error"
	/sbin/fsfreeze -u /a || verdict "thaw"
	begin_rescan
	suspend mem || verdict "no second suspend: $error"
	btrfs quota rescan -w /a >/dev/null
	FLOOR=1 check_disk btrfs "$(disk d0)" /a
	done_ok
}
