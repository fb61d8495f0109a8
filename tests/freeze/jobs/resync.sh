# shellcheck shell=dash
# A filesystem on one partition cannot be frozen. Another partition of the disk is written to all the time, by the resync
# of an array; that is not what the sleep waits for. $CASE: a kernel thread is in the midst of a write, or the filesystem
# has its journal on a disk that keeps what it is given.
. ./freeze.sh
. ./stages.sh

is_done() {
	[ "$(cat /sys/module/oot_writer/parameters/done)" = Y ]
}

resyncs() {
	grep -q resync /sys/block/md0/md/sync_action
}

get_stuck() {
	if [ "$CASE" = writer ]; then
		modprobe oot_writer path=/a/file seconds=600 || verdict "modprobe"
		return
	fi
	write_file /a/file 1
	dmsetup suspend --nolockfs --noflush J || verdict "dmsetup suspend"
}

go_on() {
	if [ "$CASE" = writer ]; then
		is_done && verdict "the writer has ended"
		echo 1 >/sys/module/oot_writer/parameters/stop
		await "the writer does not end" is_done
		return
	fi
	dmsetup resume J || verdict "dmsetup resume"
}

first() {
	prepare
	modprobe -a md-mod raid1 || verdict "modprobe"
	write_late
	part=$(disk d0)
	printf 'n\np\n1\n\n+600M\nn\np\n2\n\n\nw\n' | fdisk "$part" >/tmp/fdisk 2>&1
	await "there are no partitions" test -b "${part}2"
	dmsetup create J --table "0 131072 linear $(disk d3) 0" || verdict "dmsetup create"
	make_fs ext4 -b 4096 -O journal_dev /dev/mapper/J
	make_fs ext4 -b 4096 -J device=/dev/mapper/J "${part}2"
	mount -t ext4 -o noinit_itable,commit=1000 "${part}2" /a || verdict "mount"
	make_mount ext4 "$(disk d1)" /b
	start_writers /b
	mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.0 "$(disk d2)" "${part}1" >/tmp/md 2>&1 ||
		{ send md /tmp/md; verdict "mdadm"; }
	# KiB a second: five minutes
	echo 2000 >/sys/block/md0/md/sync_speed_max
	echo 2000 >/sys/block/md0/md/sync_speed_min
	await "there is no resync" resyncs
	get_stuck
	[ "$CASE" = writer ] || watch_sync
	echo 5000 >/sys/power/pm_freeze_timeout
	# it may be left behind, and written to
	export UNCOUNTED="d0 d2 d3"
	trigger "suspend in the midst of a resync of another partition, with what cannot be frozen"
	if [ "$CASE" = writer ]; then
		# a suspend would leave what is written to
		refused_within 60 disk
	else
		begin=$(seconds)
		suspend mem || true
		took=$(($(seconds) - begin))
		[ $took -le $((90 * SLOW)) ] || verdict "the sleep took $took s"
	fi
	resyncs || verdict "the resync has come to its end"
	check_progress /b
	go_on
	stop_writers /b
	mdadm --stop /dev/md0 2>/dev/null
	write_file /a/data 1
	FLOOR=1 check_disk ext4 "${part}2" /a
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
