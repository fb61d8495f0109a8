# shellcheck shell=dash
# A table of A is loaded, but not resumed, that would have A stand on a file of the filesystem on A.
. ./freeze.sh

first() {
	prepare
	dmsetup create A --table "0 262144 linear $(disk d0) 0"
	make_mount ext4 /dev/mapper/A /a
	l=$(make_loop /a/image 8)
	dmsetup load A --table "0 16384 linear $l 0
16384 245760 linear $(disk d1) 0" || verdict "dmsetup load"
	[ -e "/sys/block/dm-0/slaves/${l##*/}" ] || verdict "the loaded table is not linked"
	start_writers /a
	trigger "suspend with a table that is not resumed"
	suspend mem || verdict "no suspend: $error"
	dmsetup suspend A || verdict "dmsetup suspend"
	suspend mem || verdict "no suspend when it is suspended: $error"
	dmsetup clear A || verdict "dmsetup clear"
	dmsetup resume A || verdict "dmsetup resume"
	stop_writers /a
	losetup -d "$l"
	check_disk ext4 /dev/mapper/A /a
	done_ok
}
