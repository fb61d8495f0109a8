# shellcheck shell=dash
# Freezes $COUNT slow disks with 32 MiB of dirty data each, at once by a suspend, and one after the other by fsfreeze(8);
# with $WRITERS, a task goes on to write to each.
. ./freeze.sh

write_on() { # directory
	while [ ! -e /tmp/stop ]; do
		head -c 65536 /dev/zero >"$1/small"
		usleep 100000
	done
}

dirty_all() {
	rm -f /tmp/stop
	for i in $disks; do dd if=/dev/urandom of="/m/$i/big" bs=1M count=32 conv=notrunc 2>/dev/null; done
	[ -n "$WRITERS" ] || return
	for i in $disks; do
		rm -f "/m/$i/small"
		write_on "/m/$i" &
	done
	for i in $disks; do await "no task writes to $i" test -s "/m/$i/small"; done
}

settle() {
	touch /tmp/stop
	wait
	sync
}

now() {
	cut -d' ' -f1 /proc/uptime
}

first() {
	prepare
	# time for the host to count
	echo 3 >/sys/module/suspend/parameters/pm_test_delay
	write_late
	disks=$(seq 0 $((COUNT - 1)))
	for i in $disks; do
		mkdir -p "/m/$i"
		make_fs ext4 -E lazy_itable_init=1 "$(disk "d$i")"
		mount -t ext4 -o noinit_itable "$(disk "d$i")" "/m/$i" || verdict "mount"
	done
	dirty_all
	trigger "suspend with $COUNT slow disks"
	suspend mem || verdict "no suspend"
	settle
	dirty_all
	begin=$(now)
	for i in $disks; do /sbin/fsfreeze -f "/m/$i" || verdict "fsfreeze"; done
	say "serial $begin $(now)"
	for i in $disks; do /sbin/fsfreeze -u "/m/$i"; done
	settle
	done_ok
}
