# shellcheck shell=dash
# A whole dump, with a crash kernel that is loaded by the system call $LOAD.
first() {
	load_crash_kernel "$LOAD"
	modprobe test_panic_notifiers
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
}

dump() {
	send_vmcore_log
	send_vmcore
	verdict ok
}
