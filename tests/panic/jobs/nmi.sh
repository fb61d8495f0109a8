# shellcheck shell=dash
# The host sends the NMI that the kernel panics of.
first() {
	load_crash_kernel
	modprobe test_panic_notifiers
	trigger NMI
	sleep 60
	verdict "still running after the NMI"
}

dump() {
	send_vmcore_log
	verdict ok
}
