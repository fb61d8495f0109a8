# shellcheck shell=dash
# make run TOPIC=panic-notifiers: a panic with a crash kernel loaded and a callback on each list.

first() {
	load_crash_kernel
	modprobe test_panic_notifiers
	say loaded
	echo c >/proc/sysrq-trigger
}

dump() {
	send_vmcore_log
	say release "$(uname -r)"
	send_vmcore
	verdict ok
}
