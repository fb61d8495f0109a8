# shellcheck shell=dash
# The disks as four.sh left them while all was frozen, when the nonce was $BEFORE. The log of xfs is not clean on disk,
# and needs a mount.
. ./freeze.sh

look_at() { # type, disk, directory
	mount -t "$1" "$2" "$3" || verdict "mount of $1"
	[ "$(cat "$3/nonce")" = "nonce $BEFORE" ] || verdict "$1 has another nonce"
	check_disk "$1" "$2" "$3"
}

first() {
	prepare
	check_fs ext4 "$(disk d0)"
	check_fs btrfs "$(disk d2)"
	check_fs f2fs "$(disk d3)"
	look_at ext4 "$(disk d0)" /a
	look_at xfs "$(disk d1)" /b
	look_at btrfs "$(disk d2)" /c
	look_at f2fs "$(disk d3)" /d
	done_ok
}
