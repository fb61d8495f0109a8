# shellcheck shell=dash
# A resync of an array whose disks are files (CASE=file), or of which a task serves one (CASE=nbd)
. ./freeze.sh

make_disks_file() {
	first=$(make_loop /a/first 48)
	second=$(make_loop /a/second 48)
}

make_disks_nbd() {
	second=$(disk d1)
	export UNCOUNTED="d1 md0"
	make_nbd 48
	first=/dev/nbd0
}

resyncs() {
	grep -q resync /sys/block/md0/md/sync_action
}

is_idle() {
	grep -q idle /sys/block/md0/md/sync_action
}

completed() {
	cut -d ' ' -f 1 /sys/block/md0/md/sync_completed
}

has_got_on() {
	[ "$(completed)" != "$before" ] || is_idle
}

first() {
	prepare
	modprobe -a md-mod raid1 || verdict "modprobe"
	make_mount ext4 "$(disk d0)" /a
	"make_disks_$CASE"
	mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.0 --size=45000 "$first" "$second" >/tmp/md 2>&1 ||
		{ send md /tmp/md; verdict "mdadm"; }
	# KiB a second: half a minute, or more on a slow machine
	echo $((1500 / SLOW)) >/sys/block/md0/md/sync_speed_max
	echo $((1500 / SLOW)) >/sys/block/md0/md/sync_speed_min
	await "there is no resync" resyncs
	trigger "suspend in the midst of a resync"
	for _ in 1 2 3; do
		resyncs || verdict "the resync has come to its end"
		suspend mem || verdict "no suspend: $error"
		before=$(completed)
		await "the resync does not get on" has_got_on
	done
	echo 1000000 >/sys/block/md0/md/sync_speed_max
	await "the resync does not end" is_idle
	echo check >/sys/block/md0/md/sync_action
	await "the check does not end" is_idle
	[ "$(cat /sys/block/md0/md/mismatch_cnt)" = 0 ] || verdict "wrong data on the array"
	mdadm --stop /dev/md0 2>/dev/null || verdict "the array cannot be stopped"
	done_ok
}
