# shellcheck shell=dash
# An array whose metadata mdmon keeps. To write to it when it is clean needs mdmon.
. ./freeze.sh

make_array() {
	modprobe -a md-mod raid1 || verdict "modprobe"
	export MDADM_NO_SYSTEMCTL=1
	mkdir -p /run/mdadm /dev/md
	{ mdadm -C /dev/md/ddf --run -e ddf -n 2 "$(disk d2)" "$(disk d3)" &&
		mdadm -C /dev/md/one --run --assume-clean -l 1 -n 2 --size=256M /dev/md/ddf; } >/tmp/mdadm 2>&1 ||
		{ send mdadm /tmp/mdadm; verdict "mdadm"; }
	mdmon=$(cat /run/mdadm/*.pid)
	md=$(readlink -f /dev/md/one)
	state=/sys/block/${md##*/}/md/array_state
	# it is clean a jiffy after the last write
	echo 0.001 >"/sys/block/${md##*/}/md/safe_mode_delay" || verdict "safe_mode_delay"
	make_fs ext4 "$md"
	# written to by nobody but who is told to
	mount -t ext4 -o noinit_itable,commit=1000 "$md" /b || verdict "mount"
}

is_in_state() { # extended regular expression
	grep -E -q -x "$1" "$state"
}

write_shared() {
	# it leaves the array the time to be clean between two writes
	while [ ! -e /tmp/stop ]; do
		dd if=/dev/zero bs=4k count=1 conv=fsync,notrunc 2>/dev/null
		sleep 0.03
	done
}

# Tasks that share a lock with one that waits for the array
busy() {
	make_mount ext4 "$(disk d0)" /a
	write_soon
	start_writers /a /b
	for _ in 1 2 3; do write_shared & done >/b/shared
	trigger "suspend while tasks write to an array of mdmon"
	for _ in 1 2 3 4 5; do
		suspend mem || verdict "no suspend: $error"
		check_progress /a /b
	done
	stop_writers /a /b
	check_disk ext4 "$(disk d0)" /a
	check_disk ext4 "$md" /b
}

# What is to be written is so by the freeze, when mdmon is frozen.
clean() {
	write_late
	sync
	watch_sync
	trigger "suspend with dirty data for a clean array"
	for mdmon_does in answer stop answer; do
		await "the array does not become clean" is_in_state clean
		echo $mdmon_does >>/b/x
		is_in_state clean || verdict "the array has been written to"
		# the array is left as it is if mdmon does not answer
		[ $mdmon_does = answer ] || { kill -STOP "$mdmon" && export NO_FILESYSTEM=1; }
		suspend mem || verdict "no suspend: $error"
		kill -CONT "$mdmon"
		export NO_FILESYSTEM=
	done
	md5sum /b/x >/b/sum.x
	FLOOR=1 check_disk ext4 "$md" /b
	# it is in use, nothing is or has been written to it, and what mdmon does in the meantime is refused
	await "the array does not become clean at last" is_in_state clean
	echo read-auto >"$state" || verdict "read-auto"
	exec 8<"$md"
	exec 9</dev/snapshot
	await "the array is not active in a hibernation" is_in_state "active|active-idle"
	exec 9<&-
	await "the array does not become clean after a hibernation" is_in_state clean
}

first() {
	prepare
	echo 10000 >/sys/power/pm_freeze_timeout
	make_array
	"$CASE"
	done_ok
}
