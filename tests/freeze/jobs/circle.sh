# shellcheck shell=dash
# The end of A is in a file on B, that of B in a file on A; nothing is ever written there.
. ./freeze.sh

set_table() { # name, table
	echo "$2" | dmsetup load "$1" || verdict "dmsetup load"
	# no freeze, and no flush through what hangs on itself
	dmsetup suspend --nolockfs --noflush "$1" || verdict "dmsetup suspend"
	dmsetup resume "$1" || verdict "dmsetup resume"
}

make_half() { # name, disk, directory
	dmsetup create "$1" --table "0 131072 linear $2 0"
	make_fs ext4 "/dev/mapper/$1"
	mount -t ext4 -o barrier=0 "/dev/mapper/$1" "$3" || verdict "mount of $1"
}

first() {
	prepare
	make_half A "$(disk d0)" /a
	make_half B "$(disk d1)" /b
	a=$(make_loop /a/file 8)
	b=$(make_loop /b/file 8)
	set_table A "0 131072 linear $(disk d0) 0
131072 8192 linear $b 0"
	set_table B "0 131072 linear $(disk d1) 0
131072 8192 linear $a 0"
	start_writers /a /b
	trigger "suspend"
	suspend mem && verdict "it has gone to sleep"
	send stats /sys/power/suspend_stats/failed_freeze_filesystems
	stop_writers /a /b
	set_table A "0 131072 linear $(disk d0) 0"
	set_table B "0 131072 linear $(disk d1) 0"
	losetup -d "$a"
	losetup -d "$b"
	check_disk ext4 /dev/mapper/A /a
	check_disk ext4 /dev/mapper/B /b
	done_ok
}
