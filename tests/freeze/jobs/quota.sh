# shellcheck shell=dash
# A dquot of a frozen filesystem is to be released, and another filesystem without quotas to be synced.
. ./freeze.sh

releases_dquots() {
	grep -q -s quota_release_workfn /proc/[0-9]*/stack
}

first() {
	prepare
	make_fs ext4 -O quota "$(disk d0)"
	mount -t ext4 "$(disk d0)" /a || verdict "mount"
	make_mount ext4 "$(disk d1)" /b
	write_file /a/file 1
	n=0
	while [ $n -lt 50 ]; do n=$((n + 1)); echo x >/a/$n; chown $((1000 + n)) /a/$n; done
	sync
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	for _ in 1 2 3; do echo 3 >/proc/sys/vm/drop_caches; done
	await "no dquot is released" releases_dquots
	write_file /b/file 1
	trigger "sync of another filesystem"
	(sync -f /b/file && touch /tmp/synced) &
	await "the sync waits" test -e /tmp/synced
	/sbin/fsfreeze -u /a
	FLOOR=1 check_disk ext4 "$(disk d0)" /a
	FLOOR=1 check_disk ext4 "$(disk d1)" /b
	done_ok
}
