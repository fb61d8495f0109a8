# shellcheck shell=dash
# make shell: a shell in the guest, and after a panic in the crash kernel.

first() {
	load_crash_kernel
	echo "A crash kernel is loaded; modprobe test_panic_notifiers shows the lists. Ctrl-A X ends QEMU."
	setsid cttyhack sh
	stop
}

dump() {
	makedumpfile --dump-dmesg /proc/vmcore /tmp/dmesg
	echo "This is the crash kernel: /proc/vmcore, and its log in /tmp/dmesg"
	setsid cttyhack sh
	stop
}
