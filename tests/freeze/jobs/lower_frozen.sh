# shellcheck shell=dash
# A backup agent has frozen a filesystem. On a loop device over a file of it is another: $CASE.
. ./freeze.sh
. ./stages.sh

first() {
	prepare
	write_late
	echo 10000 >/sys/power/pm_freeze_timeout
	make_mount ext4 "$(disk d0)" /b
	l=$(make_loop /b/file 64)
	make_mount ext4 "$l" /a
	make_mount ext4 "$(disk d1)" /c
	write_file /a/file 4
	sync
	case $CASE in
	read-only) mount -o remount,ro /a || verdict "remount" ;;
	frozen) /sbin/fsfreeze -f /a || verdict "fsfreeze of the upper one" ;;
	esac
	/sbin/fsfreeze -f /b || verdict "fsfreeze of the lower one"
	[ "$CASE" != dirty ] || write_file /a/more 4
	start_writers /c
	[ "$CASE" != dirty ] || watch_sync
	trigger "suspend with a lower filesystem that is frozen and an upper one that is $CASE"
	if [ "$CASE" = dirty ]; then
		# what is given up still writes to the loop device
		export UNCOUNTED="$l"
		# the stages have a limit each
		refused_within 50 mem
		# not even best effort leaves it behind an image
		echo 2 >/sys/power/freeze_filesystems || verdict "there is no best effort"
		refused_within 50 disk
		echo 1 >/sys/power/freeze_filesystems
		check_progress /c
	else
		suspend mem || verdict "no suspend: $error"
		suspend mem || verdict "no second suspend: $error"
	fi
	/sbin/fsfreeze -u /b || verdict "the lower one is not frozen any more"
	case $CASE in
	read-only) mount -o remount,rw /a || verdict "remount" ;;
	frozen) /sbin/fsfreeze -u /a || verdict "the upper one is not frozen any more" ;;
	esac
	write_file /a/last 1
	sync
	export UNCOUNTED=
	suspend mem || verdict "no suspend after its end: $error"
	stop_writers /c
	FLOOR=2 check_disk ext4 "$l" /a
	losetup -d "$l"
	write_file /b/data 1
	FLOOR=1 check_disk ext4 "$(disk d0)" /b
	check_disk ext4 "$(disk d1)" /c
	done_ok
}
