# shellcheck shell=dash
# The error of one ends the sleep, though another has still to write for half a minute.
. ./freeze.sh

sectors_written() { # serial
	set -- "$(disk "$1")"
	awk '{ print $7 }' "/sys/block/${1##*/}/stat"
}

first() {
	prepare
	# the freeze is the first to meet the error, see broken.sh
	write_late
	echo 0 >/sys/power/sync_on_suspend
	dmsetup create A --table "0 524288 linear $(disk d0) 0"
	make_mount btrfs /dev/mapper/A /a
	make_mount ext4 "$(disk d1)" /b
	sync
	echo x >/a/file
	break_dm A 524288
	write_file /b/big 64
	before=$(sectors_written d1)
	trigger "suspend with a broken disk and a slow one"
	suspend mem && verdict "it has gone to sleep"
	[ $(($(sectors_written d1) - before)) -lt $((64 << 11)) ] || verdict "it has waited for the slow disk"
	# for the host: it need not be slow any more
	say awake
	write_file /b/more 1
	FLOOR=2 check_disk ext4 "$(disk d1)" /b
	done_ok
}
