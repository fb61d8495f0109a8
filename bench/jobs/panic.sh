# shellcheck shell=dash
# Panics with interrupts off.
first() {
	load_crash_kernel
	# TAINT_DIE: no stack trace, whose length depends on the symbols of each kernel
	[ -n "$TRACE" ] || echo 128 >/proc/sys/kernel/tainted
	trigger "oot_panic crash=irqsoff"
	modprobe oot_panic crash=irqsoff
}

dump() {
	send_vmcore_log
	verdict ok
}
