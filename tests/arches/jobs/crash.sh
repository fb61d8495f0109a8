# shellcheck shell=dash
# Panics, with a crash kernel if there is $KDUMP.
first() {
	module=test_panic_notifiers
	[ "$FLAVOR" != base ] || module=oot_panic
	modprobe $module || verdict "$module cannot be loaded"
	[ -z "$KDUMP" ] || load_crash_kernel
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
}

dump() {
	send_vmcore_log
	verdict ok
}
