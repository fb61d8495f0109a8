# shellcheck shell=dash
# A filesystem of type $FS on /a dies of $CAUSE. Another one, on /b, is well.
. ./freeze.sh

# By an ioctl
die_of_shutdown() {
	/job/shutdown /a || verdict "no shutdown"
}

# ext4 finds an error in itself.
die_of_error() {
	for f in /sys/fs/ext4/*/trigger_fs_error; do echo test >"$f"; break; done
	touch /a/new 2>/dev/null && verdict "it is not dead"
}

# Its disk fails, and it has met that.
die_of_disk() {
	break_dm A 786432
	write_until_it_fails
}

# Its disk is pulled out, and it has not met that, or it has: $MET.
die_of_pull() {
	d=$(disk d0)
	echo 1 >"/sys/block/${d##*/}/device/../remove"
	disk d0 && verdict "the disk is still there"
	[ -z "$MET" ] || write_until_it_fails
}

cannot_write() {
	! { echo new >/a/new && sync -d /a/new && sync -f /a; } 2>/dev/null
}

write_until_it_fails() {
	await "writes do not fail" cannot_write
}

first() {
	prepare
	# the disk may be gone before what has been written is due
	write_late
	case $ON in
	dm) dmsetup create A --table "0 786432 linear $(disk d0) 0" && d=/dev/mapper/A ;;
	loop)
		make_mount ext4 "$(disk d0)" /c
		d=$(make_loop /c/image 320)
		export UNCOUNTED="$d"
		;;
	md)
		modprobe -a md-mod raid0 || verdict "modprobe"
		mdadm --create /dev/md0 --run --force --level=0 --raid-devices=1 "$(disk d0)" >/tmp/mdadm 2>&1 ||
			{ send mdadm /tmp/mdadm; verdict "mdadm"; }
		d=/dev/md0
		;;
	*) d=$(disk d0) ;;
	esac
	make_fs "$FS" "$d"
	# shellcheck disable=SC2086
	mount -t "$FS" $OPTIONS "$d" /a || verdict "mount"
	make_mount ext4 "$(disk d1)" /b
	start_writers /b
	write_file /a/file 1
	sync
	"die_of_$CAUSE"
	trigger "suspend with a filesystem that has died of $CAUSE"
	for _ in 1 2 3; do suspend mem || verdict "no suspend: $error"; done
	stop_writers /b
	umount /a || verdict "umount of what is dead"
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
