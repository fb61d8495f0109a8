# shellcheck shell=dash
# Sleeps of all kinds, in the order of $KINDS, on filesystems that stand on each other and are written to.
. ./freeze.sh
. ./stages.sh

# A loop device over a new file without blocks
make_sparse() { # file, MiB
	truncate -s "$2"M "$1" || verdict "no $1"
	/sbin/losetup -f --show "$1" || verdict "no loop device on $1"
}

build() {
	# ext4 on a loop on xfs on a loop on btrfs; ext4 on a loop on FUSE; f2fs
	make_mount btrfs "$(disk d0)" /c
	lower=$(make_sparse /c/file 512)
	make_mount xfs "$lower" /b
	upper=$(make_sparse /b/file 128)
	make_mount ext4 "$upper" /a
	mkdir -p /e /m
	mount_on_fuse /e
	make_mount f2fs "$(disk d1)" /d
	make_mount ext4 "$(disk d2)" /m
	{ mkswap "$(disk swap)" >/dev/null && swapon "$(disk swap)"; } || verdict "swapon"
}

check() {
	check_disk ext4 "$upper" /a
	losetup -d "$upper"
	check_disk xfs "$lower" /b
	losetup -d "$lower"
	check_disk btrfs "$(disk d0)" /c
	check_disk ext4 "$l" /e
	check_disk f2fs "$(disk d1)" /d
	check_disk ext4 "$(disk d2)" /m
}

# A kernel thread is in the midst of a write, so one filesystem cannot be frozen.
best_effort() {
	[ -e /sys/power/freeze_filesystems ] || { suspend mem; return; }
	echo 2 >/sys/power/freeze_filesystems || verdict "there is no best effort"
	modprobe oot_writer path=/m/busy seconds=600 stop=0 || verdict "modprobe"
	# it may still be written to
	UNCOUNTED="$UNCOUNTED d2"
	suspend mem
	refused=$?
	echo 1 >/sys/module/oot_writer/parameters/stop
	await "the writer does not end" grep -q Y /sys/module/oot_writer/parameters/done
	rmmod oot_writer
	UNCOUNTED=$uncounted
	echo 1 >/sys/power/freeze_filesystems
	return $refused
}

# It goes to sleep or does not, as the button may come too late; but for no other reason.
aborted() {
	cat /sys/power/wakeup_count >/tmp/count
	cat /tmp/count >/sys/power/wakeup_count 2>/dev/null
	suspend mem || [ "$error" = "Device or resource busy" ]
}

sleep_once() { # kind
	case $1 in
	ram)
		echo none >/sys/power/pm_test
		echo deep >/sys/power/mem_sleep
		suspend mem
		;;
	idle)
		echo none >/sys/power/pm_test
		suspend freeze
		;;
	disk)
		echo none >/sys/power/pm_test
		echo reboot >/sys/power/disk
		mark_resume 0
		suspend disk
		;;
	best) best_effort ;;
	abort) aborted ;;
	esac || verdict "no sleep $n, $1: $error"
	echo freezer >/sys/power/pm_test
}

first() {
	prepare
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	write_soon
	build
	uncounted=$UNCOUNTED
	w="/a /b /c /d /e /m"
	# shellcheck disable=SC2086
	start_writers $w
	trigger "sleeps of all kinds"
	n=0
	for kind in $KINDS; do
		n=$((n + 1))
		say "sleep $n $kind"
		# the host looks for what comes behind this
		echo "soak: sleep $n" >/dev/kmsg
		sleep_once "$kind"
		# shellcheck disable=SC2086
		check_progress $w
		say "awake $n"
	done
	# shellcheck disable=SC2086
	stop_writers $w
	check
	done_ok
}
