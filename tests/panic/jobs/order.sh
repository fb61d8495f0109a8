# shellcheck shell=dash
# Panics by the kselftest, and lets that judge the log of it; the base has no kselftest.
first() {
	[ -z "$KDUMP" ] || load_crash_kernel
	if [ "$FLAVOR" = base ]; then
		modprobe oot_panic
		trigger sysrq-c
		echo c >/proc/sysrq-trigger
	fi
	trigger panic_crash_test.sh
	sh ./panic_crash_test.sh
	verdict "still running after the crash"
}

dump() {
	send_vmcore_log
	send_pstore
	[ "$FLAVOR" != base ] || verdict ok
	{ echo "$LEVEL"; echo 1; echo "$DUMPER"; sed -n 's/.*panic_crash_test \([-0-9a-f]*\)$/\1/p' /tmp/dmesg; } >crash_state
	LOG=/tmp/dmesg sh ./panic_post_crash_tests.sh >/tmp/out && verdict ok
	send out /tmp/out
	verdict "panic_post_crash_tests failed"
}

again() {
	send_pstore
	verdict ok
}
