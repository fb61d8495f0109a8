# shellcheck shell=dash
# With $SLEEPS, sleeps while four filesystems are mounted; crashes, and looks for the log of that in the dump.
. ./freeze.sh

first() {
	[ -z "$SLEEPS" ] || sleep_and_check
	load_crash_kernel
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
}

sleep_and_check() {
	prepare
	make_four
	for d in /a /b /c /d; do write_file "$d/file" 8; done
	# all but the sleep itself, which not every machine wakes from by itself
	echo devices >/sys/power/pm_test
	echo freeze >/sys/power/state || verdict "no sleep"
	# a kernel that freezes filesystems has to show that they write nothing
	if dmesg | grep -q "Freezing filesystems completed ([1-9]"; then slept freeze; fi
	FLOOR=1 check_four
}

dump() {
	send_vmcore_log
	verdict ok
}
