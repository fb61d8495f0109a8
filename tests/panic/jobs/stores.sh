# shellcheck shell=dash
# Crashes, dumps and restarts; what pstore then has is in the store of the firmware.
store() {
	[ ! -d /sys/firmware/efi ] || modprobe efi_pstore
	grep -q '(null)' /sys/module/pstore/parameters/backend && verdict "pstore has no store"
}

first() {
	store
	load_crash_kernel
	mark_resume "after the dump"
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
	verdict "still running after the crash"
}

# Whoever saves dumps restarts then.
dump() {
	send_vmcore_log
	reboot -f
	sleep 60
}

resume() {
	store
	send_pstore
	verdict ok
}
