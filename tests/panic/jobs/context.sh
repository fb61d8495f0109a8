# shellcheck shell=dash
# Panics or, with $OOPS, faults in the context $CRASH: of a process, which is init with $INIT, or of an interrupt. $FAIL hangs.
first() {
	load_crash_kernel
	echo "${ON_OOPS:-0}" >/proc/sys/kernel/panic_on_oops
	trigger "crash=$CRASH oops=${OOPS:-0}"
	[ -z "$INIT" ] || exec modprobe test_panic_notifiers "crash=$CRASH" "oops=$OOPS"
	module=test_panic_notifiers
	[ "$FLAVOR" = series ] || module=oot_survive
	# shellcheck disable=SC2086
	modprobe $module "crash=$CRASH" "oops=${OOPS:-0}" ${FAIL:+"fail=$FAIL" how=hang}
	verdict "still running after the crash"
}

dump() {
	send_vmcore_log
	verdict ok
}
