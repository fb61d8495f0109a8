# shellcheck shell=dash
# The kernel's own tests: tools/testing/selftests/power, and the KUnit tests that have run at boot
. ./freeze.sh

first() {
	prepare
	sleeps=0
	for t in /job/freeze_*.sh; do
		sh "$t" >/tmp/out 2>&1 || {
			send out /tmp/out
			send_log
			verdict "${t##*/} failed"
		}
		# it counts no writes; with those of its first sleep, those of all are counted here, and none may be left
		slept "${t##*/}"
		sleeps=$((sleeps + 1))
		while [ $sleeps -lt "$(dmesg | grep -c "Freezing filesystems completed ([1-9]")" ]; do
			say slept "${t##*/}"
			say wrote 0
			sleeps=$((sleeps + 1))
		done
		say "passed ${t##*/}"
	done
	send results /sys/kernel/debug/kunit/pm_freeze/results
	done_ok
}
