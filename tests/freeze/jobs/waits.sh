# shellcheck shell=dash
# A task waits for a slow disk, in $CASE, as the system goes to sleep. It waits for longer than a task may take to freeze.
. ./freeze.sh
. ./stages.sh

wait_for_disk() {
	case $CASE in
	fsync) exec dd if=/dev/null of=/a/big conv=notrunc,fsync 2>/dev/null ;;
	umount) exec umount /a ;;
	syncfs) exec sync -f /a ;;
	esac
}

first() {
	prepare
	write_late
	echo 10000 >/sys/power/pm_freeze_timeout
	make_mount ext4 "$(disk d0)" /a
	make_mount xfs "$(disk d1)" /b
	write_file /b/data 1
	sync
	write_file /a/big 64
	slow_down
	before=$(sectors_written "$(disk d0)")
	wait_for_disk &
	waiter=$!
	await "the task does not wait for the disk" is_blocked "$waiter"
	trigger "suspend while a task is in $CASE"
	suspend mem || verdict "no suspend: $error"
	[ $(($(sectors_written "$(disk d0)") - before)) -ge $((64 << 11)) ] || verdict "it sleeps with data that is not written"
	say awake
	wait "$waiter" || verdict "$CASE has failed"
	[ "$CASE" != umount ] || mount -t ext4 "$(disk d0)" /a || verdict "mount"
	FLOOR=1 check_disk ext4 "$(disk d0)" /a
	FLOOR=1 check_disk xfs "$(disk d1)" /b
	done_ok
}
