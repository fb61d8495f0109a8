# shellcheck shell=dash
# What works while it is not frozen goes on to work after the thaw, by the user and after a sleep.
. ./freeze.sh

freeze_and_thaw() {
	error=$(/sbin/fsfreeze -f /a 2>&1) || verdict "it cannot be frozen: ${error##*: }"
	/sbin/fsfreeze -u /a || verdict "it cannot be thawed"
}

is_writable() { # file
	{ echo x >"$1" && sync -f "$1"; } 2>/dev/null
}

# A btrfs of which one mirror has failed, and then answers again, but has missed a commit
mirror() {
	# not from the beginning, or btrfs check takes the disk for its device
	dmsetup create A --table "0 1048576 linear $(disk d0) 8"
	make_fs btrfs -d raid1 -m raid1 "$(disk d1)" /dev/mapper/A
	mount -t btrfs -o device=/dev/mapper/A "$(disk d1)" /a || verdict "mount"
	write_file /a/file 4
	sync -f /a/file
	break_dm A 1048576
	trigger "a freeze with a failed mirror"
	freeze_and_thaw
	is_writable /a/x || verdict "it is read-only after fsfreeze"
	suspend mem || verdict "no suspend: $error"
	is_writable /a/x || verdict "it is read-only after the suspend"
	dmsetup load A --table "0 1048576 linear $(disk d0) 8"
	dmsetup suspend --nolockfs A
	dmsetup resume A
	freeze_and_thaw
	suspend mem || verdict "no second suspend: $error"
	is_writable /a/y || verdict "it is read-only after all"
	write_file /a/more 1
	# both mirrors are written anew
	btrfs balance start --full-balance /a >/tmp/balance 2>&1 || { send balance /tmp/balance; verdict "balance"; }
	FLOOR=2 check_disk btrfs "$(disk d1)" /a device=/dev/mapper/A
}

# With checkpoint=disable a sync leaves an f2fs dirty.
without_checkpoints() {
	make_fs f2fs "$(disk d0)"
	mount -t f2fs -o checkpoint=disable "$(disk d0)" /a || verdict "mount"
	write_file /a/file 4
	sync -f /a/file
	trigger "a freeze of f2fs without checkpoints"
	freeze_and_thaw
	write_file /a/x 1
	suspend mem || verdict "no suspend: $error"
	write_file /a/y 1
	mount -o remount,checkpoint=enable /a || verdict "remount"
	FLOOR=3 check_disk f2fs "$(disk d0)" /a
}

first() {
	prepare
	"$CASE"
	done_ok
}
