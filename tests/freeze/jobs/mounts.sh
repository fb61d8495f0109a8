# shellcheck shell=dash
# Suspends that come in the midst of mounts and unmounts
. ./freeze.sh

mount_again() { # type, device, directory
	n=0
	while [ ! -e /tmp/stop ]; do
		n=$((n + 1))
		mount -t "$1" "$2" "$3" || verdict "a mount of $1 has failed"
		write_file "$3/$((n % 8))" 1
		umount "$3" || verdict "an umount of $1 has failed"
		echo $n >"/tmp/mounts.$1"
	done
}

mounted() { # type, times
	[ -e "/tmp/mounts.$1" ] && [ "$(cat "/tmp/mounts.$1")" -gt "$2" ]
}

first() {
	prepare
	# none can be loaded while the system goes to sleep
	modprobe -a xfs btrfs f2fs || verdict "modprobe"
	write_soon
	make_mount ext4 "$(disk d0)" /a
	make_fs xfs "$(disk d1)"
	make_fs btrfs "$(disk d2)"
	make_fs f2fs "$(disk d3)"
	start_writers /a
	pile_up /a
	mount_again xfs "$(disk d1)" /b &
	mount_again btrfs "$(disk d2)" /c &
	mount_again f2fs "$(disk d3)" /d &
	for fs in xfs btrfs f2fs; do await "$fs is not mounted" mounted $fs 0; done
	trigger "suspend in the midst of mounts"
	suspend mem || verdict "no suspend: $error"
	say awake
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	for _ in 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do suspend mem || verdict "no suspend: $error"; done
	for fs in xfs btrfs f2fs; do await "$fs is mounted too seldom" mounted $fs 8; done
	stop_writers /a
	mount -t xfs "$(disk d1)" /b
	mount -t btrfs "$(disk d2)" /c
	mount -t f2fs "$(disk d3)" /d
	check_four
	done_ok
}
