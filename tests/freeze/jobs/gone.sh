# shellcheck shell=dash
# The disk is pulled out, and the filesystem is still mounted.
. ./freeze.sh

first() {
	prepare
	make_mount ext4 "$(disk d0)" /a
	make_mount ext4 "$(disk d1)" /b
	write_file /a/file 1
	d=$(disk d0)
	echo 1 >"/sys/block/${d##*/}/device/../remove"
	disk d0 && verdict "the disk is still there"
	write_file /b/file 1
	trigger "suspend after the disk of a filesystem has been pulled out"
	suspend mem || verdict "no suspend: $error"
	write_file /b/more 1
	FLOOR=2 check_disk ext4 "$(disk d1)" /b
	done_ok
}
