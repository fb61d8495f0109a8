# shellcheck shell=dash
# A disk is pulled out while the machine is asleep. A filesystem of type $FS is on it, and has data that is not written.
. ./freeze.sh

first() {
	prepare
	write_late
	modprobe -a virtio_scsi sd_mod || verdict "modprobe"
	await "there is no disk" [ -b /dev/sda ]
	echo none >/sys/power/pm_test
	echo deep >/sys/power/mem_sleep || verdict "no S3"
	make_mount "$FS" /dev/sda /a
	make_mount ext4 "$(disk d0)" /b
	start_writers /b
	write_file /a/file 1
	# the driver flushes it as it suspends it
	export UNCOUNTED=/dev/sda
	trigger "a disk is pulled out while the machine is asleep"
	suspend mem || verdict "no suspend: $error"
	check_progress /b
	# user space meets that
	echo new >/a/new 2>/dev/null && sync -f /a 2>/dev/null
	echo freezer >/sys/power/pm_test
	for _ in 1 2; do suspend mem || verdict "no suspend after it: $error"; done
	stop_writers /b
	umount /a || verdict "umount of what is dead"
	check_disk ext4 "$(disk d0)" /b
	done_ok
}
