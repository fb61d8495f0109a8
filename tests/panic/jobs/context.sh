# shellcheck shell=dash
# Panics or, with $OOPS, faults in the context $CRASH: of a process, which is init with $INIT, or of an interrupt.
first() {
	load_crash_kernel
	echo "${ON_OOPS:-0}" >/proc/sys/kernel/panic_on_oops
	trigger "crash=$CRASH oops=${OOPS:-0}"
	[ -z "$INIT" ] || exec modprobe test_panic_notifiers "crash=$CRASH" "oops=$OOPS"
	modprobe test_panic_notifiers "crash=$CRASH" "oops=${OOPS:-0}"
	verdict "still running after the crash"
}

dump() {
	send_vmcore_log
	verdict ok
}
