# shellcheck shell=dash
# Panics with oot_panic, by sysrq-c or by $CRASH. $CALLBACK is what its callback does wrong, as in fault=1.
first() {
	[ -z "$KDUMP" ] || load_crash_kernel
	echo "${ON_OOPS:-1}" >/proc/sys/kernel/panic_on_oops
	[ -z "$OOPS_LIMIT" ] || echo "$OOPS_LIMIT" >/proc/sys/kernel/oops_limit
	[ -z "$WARN_LIMIT" ] || echo "$WARN_LIMIT" >/proc/sys/kernel/warn_limit
	[ -z "$CRASH" ] || trigger "oot_panic crash=$CRASH"
	modprobe oot_panic "crash=$CRASH" "${CALLBACK:-fault=0}" || verdict "oot_panic cannot be loaded"
	[ -z "$CRASH" ] || verdict "still running after oot_panic crash=$CRASH"
	trigger sysrq-c
	# an oops of its own must not be one of init
	(echo c >/proc/sysrq-trigger)
	verdict "still running after sysrq-c"
}

dump() {
	send_vmcore_log
	send_pstore
	verdict ok
}

again() {
	send_pstore
	verdict ok
}
