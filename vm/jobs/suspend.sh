# shellcheck shell=dash
# make run TOPIC=suspend-freeze: a suspend while four filesystems are written to, three of which stand on each other.
. ./freeze.sh

first() {
	prepare
	echo none >/sys/power/pm_test
	make_mount btrfs "$(disk d0)" /c
	lower=$(make_loop /c/file 512)
	make_mount xfs "$lower" /b
	upper=$(make_loop /b/file 128)
	make_mount ext4 "$upper" /a
	make_mount f2fs "$(disk d1)" /d
	start_writers /a /b /c /d
	for e in start end; do
		echo 1 >/sys/kernel/tracing/events/power/device_pm_callback_$e/enable || verdict "no trace of the devices"
	done
	say writing
	KEPT_TRACE=/tmp/kept suspend mem || verdict "no suspend"
	send trace /tmp/kept
	stop_writers /a /b /c /d
	check_disk ext4 "$upper" /a
	/sbin/losetup -d "$upper"
	check_disk xfs "$lower" /b
	/sbin/losetup -d "$lower"
	check_disk btrfs "$(disk d0)" /c
	check_disk f2fs "$(disk d1)" /d
	done_ok
}
