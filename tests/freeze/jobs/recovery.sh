# shellcheck shell=dash
# What is committed after the thaw has to be found again when the power fails. The host looks at the disks.
. ./freeze.sh

first() {
	prepare
	echo none >/sys/power/pm_test
	echo deep >/sys/power/mem_sleep || verdict "no S3"
	make_mount ext4 "$(disk d0)" /a
	make_mount ext4 "$(disk d1)" /b
	trigger "a commit after the machine has slept"
	suspend mem || verdict "no suspend: $error"
	for w in /a /b; do
		dd if=/dev/zero of=$w/committed bs=4k count=1 conv=fsync 2>/dev/null || verdict "no commit"
	done
	say "committed"
	await "the host has not looked at the disks" told looked
	write_file /a/data 1
	write_file /b/data 1
	FLOOR=1 check_disk ext4 "$(disk d0)" /a
	FLOOR=1 check_disk ext4 "$(disk d1)" /b
	done_ok
}
