# shellcheck shell=dash
# The host holds each flush of the disk "slow" for longer than a disk may do nothing.
. ./freeze.sh

first() {
	prepare
	write_late
	echo 2000 >/sys/power/pm_freeze_timeout
	make_mount ext4 "$(disk slow)" /a
	make_mount ext4 "$(disk d0)" /b
	start_writers /b
	write_file /a/file 4
	sync
	write_file /a/more 4
	say "slow down"
	await "the host does not hold flushes" told slow
	trigger "suspend with slow flushes"
	suspend mem || verdict "no suspend: $error"
	say awake
	await "the host holds flushes still" told fast
	stop_writers /b
	FLOOR=2 check_disk ext4 "$(disk slow)" /a
	check_disk ext4 "$(disk d0)" /b
	done_ok
}
