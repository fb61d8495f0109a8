# shellcheck shell=dash
# Panics, with a crash kernel if there is $KDUMP.
first() {
	module=test_panic_notifiers
	[ "$FLAVOR" != base ] || module=oot_panic
	modprobe $module || verdict "$module cannot be loaded"
	if [ "$KDUMP" ]; then
		# arm has no kexec_file_load
		case $(uname -m) in
		arm*) load_crash_kernel -c ;;
		*) load_crash_kernel ;;
		esac
	fi
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
}

dump() {
	send_vmcore_log
	verdict ok
}
