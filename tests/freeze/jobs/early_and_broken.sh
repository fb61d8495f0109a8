# shellcheck shell=dash
# One that is frozen before its server is, and another that then cannot be: somebody is in the midst of a write to it.
. ./freeze.sh

first() {
	prepare
	echo 3000 >/sys/power/pm_freeze_timeout
	mount_on_fuse /a
	make_mount ext4 "$(disk d0)" /b
	start_writers /a
	modprobe oot_writer path=/b/file seconds=600 || verdict "modprobe"
	trigger "hibernation in the midst of a write"
	for _ in 1 2 3; do
		suspend disk && verdict "it has gone to sleep"
		check_progress /a
	done
	stop_writers /a
	echo 1 >/sys/module/oot_writer/parameters/stop
	await "the writer does not end" grep -q Y /sys/module/oot_writer/parameters/done
	check_disk ext4 "$l" /a
	losetup -d "$l"
	umount /fuse || verdict "something still uses the FUSE filesystem"
	done_ok
}
