# shellcheck shell=dash
# The kernel that restores an image has mounted two filesystems, which are not part of the image.
. ./freeze.sh

resume() {
	prepare
	mount -t ext4 "$(disk d1)" /b || verdict "mount"
	mount -t ext4 -o ro "$(disk d2)" /c || verdict "mount, read-only"
	trigger "restore of an image with filesystems mounted"
	restore
}

first() {
	prepare
	make_fs ext4 "$(disk d1)"
	make_fs ext4 "$(disk d2)"
	make_mount ext4 "$(disk d0)" /a
	write_file /a/file 4
	{ mkswap "$(disk swap)" >/dev/null && swapon "$(disk swap)"; } || verdict "swapon"
	echo none >/sys/power/pm_test
	echo reboot >/sys/power/disk
	mark_resume 0
	suspend disk || verdict "no hibernation: $error"
	FLOOR=1 check_disk ext4 "$(disk d0)" /a
	done_ok
}
