# shellcheck shell=dash
# QEMU hears of the panic through its device pvpanic.
first() {
	modprobe pvpanic-pci || verdict "there is no pvpanic"
	[ -z "$KDUMP" ] || load_crash_kernel
	[ "$FLAVOR" = base ] || modprobe test_panic_notifiers
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
}

dump() {
	send_vmcore_log
	verdict ok
}
