# shellcheck shell=dash
# Tasks that wait for a frozen filesystem with a lock held for which others wait. On the base, and with $FROZEN_FIRST,
# fsfreeze(8) freezes it before user space is frozen, and not the sleep after that.
. ./freeze.sh

start_lockers() {
	(
		for i in 1 2 3 4; do (while [ ! -e /tmp/stop ]; do echo "$i a line"; done) & done
		wait
	) >/a/log &
	mkdir -p /b/lower /a/upper /a/work
	echo x >/b/lower/file
	mount -t overlay overlay -o lowerdir=/b/lower,upperdir=/a/upper,workdir=/a/work /c || verdict "overlay"
	for i in 1 2 3; do (while [ ! -e /tmp/stop ]; do echo "$i a line" >>/c/file; done) & done
	(while [ ! -e /tmp/stop ]; do touch /c/from; mv /c/from /c/to; done) &
	/job/writers /a/map &
	/job/writers /a/map &
	for f in /a/log /a/upper/file /a/upper/to /a/map; do await "$f is not written to" test -e $f; done
}

first() {
	prepare
	echo 5000 >/sys/power/pm_freeze_timeout
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	make_mount ext4 "$(disk d0)" /a
	make_mount xfs "$(disk d1)" /b
	for w in /a /b; do write_file $w/data 4; done
	start_lockers
	if [ "$FLAVOR" = base ] || [ -n "$FROZEN_FIRST" ]; then
		/sbin/fsfreeze -f /a || verdict "fsfreeze"
		await "no task waits for the lock of another" waits_in __fdget_pos
	fi
	trigger "suspend with tasks that hold locks"
	if [ -n "$FROZEN_FIRST" ]; then
		suspend mem && verdict "they can be frozen all the same"
		/sbin/fsfreeze -u /a
	else
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do suspend mem || verdict "no suspend: $error"; done
	fi
	touch /tmp/stop
	wait
	umount /c
	FLOOR=1 check_disk ext4 "$(disk d0)" /a
	FLOOR=1 check_disk xfs "$(disk d1)" /b
	done_ok
}
