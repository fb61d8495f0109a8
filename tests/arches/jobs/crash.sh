# shellcheck shell=dash
# Panics, with a crash kernel if there is $KDUMP.
load() {
	# kexec-tools has --reuse-cmdline for neither arm nor ppc64le, and arm no kexec_file_load
	cat "$(disk kernel)" >/tmp/kernel
	cat "$(disk initrd)" >/tmp/initrd
	kexec -p -c /tmp/kernel --initrd=/tmp/initrd \
		--append="$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) nr_cpus=1 reset_devices" ||
		verdict "the crash kernel could not be loaded"
}

first() {
	module=test_panic_notifiers
	[ "$FLAVOR" != base ] || module=oot_panic
	modprobe $module || verdict "$module cannot be loaded"
	if [ -n "$KDUMP" ]; then
		if [ "$(uname -m)" = s390x ]; then load_crash_kernel; else load; fi
	fi
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
}

dump() {
	send_vmcore_log
	verdict ok
}
