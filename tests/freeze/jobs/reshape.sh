# shellcheck shell=dash
# An array of three disks becomes one of four while the machine hibernates. $IMAGE: on the disk "swap", or "array", which is
# then written to as if it were the image.
. ./freeze.sh

MIB=128 # of data

make_array() {
	modprobe -a md-mod raid456 || verdict "modprobe"
	# the superblock is at the end: the data has no room to move to, and blocks are soon written that were read before
	{ mdadm --create /dev/md0 --run --assume-clean --metadata=1.0 --level=5 --raid-devices=3 --chunk=64 \
		--size=$((MIB / 2))M "$(disk d0)" "$(disk d1)" "$(disk d2)" &&
		mdadm /dev/md0 --add "$(disk d3)"; } >/tmp/mdadm 2>&1 ||
		{ send mdadm /tmp/mdadm; verdict "mdadm"; }
	md=/sys/block/md0/md
	dd if=/dev/urandom of=/dev/md0 bs=1M count=$MIB conv=fsync 2>/dev/null || verdict "a write failed"
	sum=$(sum_of_array)
}

sum_of_array() {
	echo 3 >/proc/sys/vm/drop_caches
	head -c $((MIB << 20)) /dev/md0 | md5sum
}

start_reshape() {
	echo 500 >"$md"/sync_speed_min
	echo 1000 >"$md"/sync_speed_max
	{ echo 4 >"$md"/raid_disks && echo reshape >"$md"/sync_action; } || verdict "no reshape"
	await "the reshape does not begin" grep -q "^[1-9]" "$md"/sync_completed
}

is_in() { # sync_action
	[ "$(cat "$md"/sync_action)" = "$1" ]
}

is_reshaped() {
	is_in idle && [ "$(cat "$md"/reshape_position)" = none ]
}

go_to_sleep() {
	if [ "$IMAGE" = array ]; then
		/job/snapshot rewrite /dev/md0 || verdict "the array cannot be written to"
		UNCOUNTED="$UNCOUNTED /dev/md0" NO_FILESYSTEM=1 slept snapshot
		return
	fi
	mark_resume 0
	NO_FILESYSTEM=1 suspend disk || verdict "no hibernation: $error"
}

first() {
	prepare
	{ mkswap "$(disk swap)" >/dev/null && swapon "$(disk swap)"; } || verdict "swapon"
	echo none >/sys/power/pm_test
	echo reboot >/sys/power/disk
	make_array
	start_reshape
	trigger "hibernation in the midst of a reshape"
	go_to_sleep
	is_in reshape || verdict "the reshape has ended by itself"
	echo 1000000 >"$md"/sync_speed_max
	await "the reshape does not get on" is_reshaped
	[ "$(sum_of_array)" = "$sum" ] || verdict "wrong data on the array"
	echo check >"$md"/sync_action
	await "the check does not end" is_in idle
	[ "$(cat "$md"/mismatch_cnt)" = 0 ] || verdict "wrong parity on the array"
	done_ok
}
