# shellcheck shell=dash
# Eight disks with dirty data, of which the host lets all write, but each in its turn.
. ./freeze.sh
. ./stages.sh

first() {
	prepare
	write_late
	for i in 0 1 2 3 4 5 6 7; do
		mkdir -p /m/$i
		make_fs ext4 -E lazy_itable_init=1 "$(disk d$i)"
		mount -t ext4 -o noinit_itable "$(disk d$i)" /m/$i || verdict "mount"
	done
	for i in 0 1 2 3 4 5 6 7; do write_file /m/$i/big 16; done
	slow_down
	trigger "suspend with eight slow disks"
	suspend mem || verdict "no suspend: $error"
	say awake
	for i in 0 1 2 3 4 5 6 7; do FLOOR=1 check_disk ext4 "$(disk d$i)" /m/$i; done
	done_ok
}
