# shellcheck shell=dash
# The kernel's own tests: tools/testing/selftests/power, and the KUnit tests that have run at boot
. ./freeze.sh

first() {
	prepare
	for t in /job/freeze_*.sh; do
		sh "$t" >/tmp/out 2>&1 || {
			send out /tmp/out
			send_log
			verdict "${t##*/} failed"
		}
		say "passed ${t##*/}"
	done
	send results /sys/kernel/debug/kunit/freeze_order/results
	done_ok
}
