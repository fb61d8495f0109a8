# shellcheck shell=dash
# A cache of a network filesystem is on a filesystem that is frozen. $CASE: writes: a file of the cache gets its name ten
# seconds after its last use; queue: a work of fscache waits for the user's thaw while the machine goes to sleep; reader:
# so does a task that waits for such a work.
. ./freeze.sh

is_named() {
	find "$top/cache" -type f | grep -q .
}

# The directories of a volume are made by a work of their own.
has_volume() {
	[ "$(find "$top/cache" -name '@*' | wc -l)" = 256 ]
}

commits() {
	grep -q -s fscache_cookie_worker /proc/[0-9]*/stack
}

waits_for_thaw() {
	grep -q -s cachefiles_create_tmpfile /proc/[0-9]*/stack
}

test_writes() {
	cat /srv/file >/dev/null || verdict "no /srv/file"
	sync -f /a
	is_named && verdict "it has its name already"
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	echo >/sys/kernel/tracing/trace
	trigger "the last use of a file is ten seconds ago"
	sleep 20
	! grep -q "block_rq_issue: $number" /sys/kernel/tracing/trace || verdict "writes to what is frozen"
	is_named && verdict "it has got its name, but not on the disk"
	/sbin/fsfreeze -u /a || verdict "thaw"
	await "it does not get its name" is_named
}

test_queue() {
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	# this is not waited for
	exec 8</srv/file
	await "no work waits for the thaw" waits_for_thaw
	trigger "suspend while a work of fscache waits for the user's thaw"
	suspend mem || verdict "no suspend: $error"
	waits_for_thaw || verdict "the work does not wait any more"
	/sbin/fsfreeze -u /a || verdict "thaw"
	md5sum <&8 >/tmp/sum
	[ "$(cat /tmp/sum)" = "$(md5sum </srv/file)" ] || verdict "wrong data"
	exec 8<&-
}

# The cache is on xfs, which waits for the thaw on the base, too.
test_reader() {
	cat /srv/file >/dev/null || verdict "no /srv/file"
	# the file of the cache is made meanwhile, and gets its name after ten seconds
	sleep 3
	/sbin/fsfreeze -f /b || verdict "fsfreeze"
	await "no work waits for the thaw" commits
	cat /srv/file >/tmp/read &
	reader=$!
	await "no reader waits for the work" waits_in __fscache_use_cookie
	trigger "suspend while a reader waits for a work of fscache"
	suspend mem || verdict "no suspend: $error"
	waits_in __fscache_use_cookie || verdict "the reader does not wait any more"
	/sbin/fsfreeze -u /b || verdict "thaw"
	wait "$reader" || verdict "the reader has failed"
	cmp /tmp/read /srv/file || verdict "wrong data"
}

first() {
	prepare
	modprobe -a cachefiles 9p 9pnet_virtio || verdict "modprobe"
	make_mount ext4 "$(disk d0)" /a
	mount -o remount,commit=1 /a
	make_mount xfs "$(disk d1)" /b
	number=$(d=$(disk d0) && tr : , <"/sys/block/${d##*/}/dev")
	top=/a
	[ "$CASE" != reader ] || top=/b
	exec 9<>/dev/cachefiles || verdict "no /dev/cachefiles"
	for c in "dir $top" "tag safestop" bind; do echo "$c" >&9 || verdict "cachefiles: $c"; done
	mkdir -p /srv
	mount -t 9p -o trans=virtio,version=9p2000.L,cache=fscache,ro srv /srv || verdict "mount of 9p"
	await "there is no volume" has_volume
	"test_$CASE"
	umount /srv || verdict "umount of 9p"
	exec 9>&-
	# a kernel thread's files are closed by a work (delayed_fput()), which fscache does not wait for
	await "umount of /a" umount /a
	await "umount of /b" umount /b
	check_fs ext4 "$(disk d0)"
	check_fs xfs "$(disk d1)"
	done_ok
}
