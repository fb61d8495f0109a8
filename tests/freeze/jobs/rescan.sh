# shellcheck shell=dash
# A rescan of btrfs's quotas that has begun before the freeze, and ends after the thaw
. ./freeze.sh

begin_rescan() {
	btrfs quota rescan -w /a >/dev/null
	btrfs quota rescan /a >/dev/null || verdict "quota rescan"
}

# A rescan of this size takes a second, so that it may have ended before fsfreeze(8) has frozen.
freeze_rescan() {
	try=0
	while [ $try -lt 20 ]; do
		try=$((try + 1))
		begin_rescan
		/sbin/fsfreeze -f /a || verdict "fsfreeze"
		! btrfs quota rescan -s /a | grep -q running || return 0
		/sbin/fsfreeze -u /a || verdict "thaw"
	done
	verdict "each rescan ended before the freeze"
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
	freeze_rescan
	trigger "suspend while a rescan waits for the thaw by the user"
	suspend mem || verdict "no suspend: $error"
	/sbin/fsfreeze -u /a || verdict "thaw"
	begin_rescan
	suspend mem || verdict "no second suspend: $error"
	btrfs quota rescan -w /a >/dev/null
	FLOOR=1 check_disk btrfs "$(disk d0)" /a
	done_ok
}
