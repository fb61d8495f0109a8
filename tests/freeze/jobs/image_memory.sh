# shellcheck shell=dash
# The memory for an image is had by letting go of inodes of an overlay, whose files on a filesystem below are deleted.
# That one is on $ON: a disk, or a file that bindfs serves.
. ./freeze.sh
. ./stages.sh

make_files() { # directory, prefix
	n=0
	while [ $n -lt 2000 ]; do
		n=$((n + 1))
		echo $n >"$1/$2$n"
	done
}

first() {
	prepare
	case $ON in
	disk) on=$(disk d0) && make_mount ext4 "$on" /a ;;
	served) mount_on_fuse /a && on=$l ;;
	esac
	make_mount ext4 "$(disk d1)" /b
	mkdir -p /a/lower /a/upper /a/work
	make_files /a/lower l
	mount -t overlay overlay -o lowerdir=/a/lower,upperdir=/a/upper,workdir=/a/work /c || verdict "overlay"
	make_files /c u
	cat /c/* >/dev/null
	rm /a/lower/* /a/upper/*
	sync
	start_writers /b
	echo 0 >/sys/power/image_size
	trigger "hibernation while deleted files are still in memory"
	# a hibernation that only freezes shows nothing of that in the trace of the base
	echo devices >/sys/power/pm_test
	suspend disk || verdict "no hibernation: $error"
	stop_writers /b
	umount /c || verdict "umount of the overlay"
	write_file /a/data 1
	FLOOR=1 check_disk ext4 "$on" /a
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
