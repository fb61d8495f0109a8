# shellcheck shell=dash
# One that is frozen before user space, and another that then cannot be
. ./freeze.sh

first() {
	prepare
	mount_on_fuse /a
	dmsetup create B --table "0 131072 linear $(disk d0) 0"
	make_mount ext4 /dev/mapper/B /b
	write_file /b/file 4
	break_dm B 131072
	start_writers /a
	trigger "suspend with a broken disk"
	for _ in 1 2 3; do
		suspend mem && verdict "it has gone to sleep"
		check_progress /a
	done
	stop_writers /a
	check_disk ext4 "$l" /a
	losetup -d "$l"
	umount /fuse || verdict "something still uses the FUSE filesystem"
	done_ok
}
