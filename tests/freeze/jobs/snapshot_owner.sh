# shellcheck shell=dash
# The owner of /dev/snapshot has frozen all and ends, in the way of $CASE; a deleted file of a filesystem of type $FS is
# open at a higher descriptor.
. ./freeze.sh
. ./stages.sh

available() {
	awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
}

has_memory() { # MiB
	[ "$(available)" -ge "$1" ]
}

first() {
	prepare
	make_mount "$FS" "$(disk d0)" /a
	make_mount ext4 "$(disk d1)" /b
	start_writers /b
	echo none >/sys/power/pm_test
	before=$(available)
	trigger "the owner of /dev/snapshot ends by $CASE"
	/job/snapshot "$CASE" /a/deleted &
	owner=$!
	await "the owner of /dev/snapshot does not end" has_ended "$owner"
	# the trace of the base does not show it
	[ "$FLAVOR" = base ] || slept /dev/snapshot
	[ ! -e /a/deleted ] || verdict "it is still there"
	# the image is at least what the kernel has in use
	await "the image is still in memory" has_memory $((before - 24))
	write_file /a/data 1
	echo freezer >/sys/power/pm_test
	suspend mem || verdict "no suspend: $error"
	stop_writers /b
	FLOOR=1 check_disk "$FS" "$(disk d0)" /a
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
