# shellcheck shell=dash
# A task feeds a hardware watchdog. What is to be flushed takes longer than the watchdog waits.
. ./freeze.sh
. ./stages.sh

first() {
	prepare
	modprobe i6300esb || verdict "modprobe"
	write_late
	make_mount ext4 "$(disk d0)" /a
	make_mount ext4 "$(disk d1)" /b
	start_writers /b
	write_file /a/big 64
	[ -c /dev/watchdog ] || verdict "no watchdog"
	watchdog -F -t 1 -T 20 /dev/watchdog &
	fed=$!
	slow_down
	trigger "suspend with a watchdog that user space feeds"
	suspend mem || verdict "no suspend: $error"
	say awake
	kill -0 $fed || verdict "the task that feeds the watchdog has died"
	check_progress /b
	# it closes the watchdog in the way that turns it off
	kill $fed
	stop_writers /b
	FLOOR=1 check_disk ext4 "$(disk d0)" /a
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
