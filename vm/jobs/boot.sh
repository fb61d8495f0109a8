# shellcheck shell=dash
# Crashes, and looks for the log of that in the dump.
first() {
	load_crash_kernel
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
}

dump() {
	send_vmcore_log
	verdict ok
}
