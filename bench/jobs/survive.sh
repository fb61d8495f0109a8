# shellcheck shell=dash
# Panics, with $FAIL made to fail in the way $HOW, and says what is left: a dump, or without $KDUMP a record of pstore.
first() {
	[ -z "$KDUMP" ] || load_crash_kernel
	echo "$ON_OOPS" >/proc/sys/kernel/panic_on_oops
	if [ "$HOW" = warn ]; then
		echo 1 >/proc/sys/kernel/panic_on_warn
		echo 1 >/proc/sys/kernel/warn_limit
	fi
	case $FAIL in
	panic_print)
		FAIL=show_mem
		echo 2 >/sys/module/kernel/parameters/panic_print ;;
	kdump) FAIL=machine_crash_shutdown ;;
	restart) FAIL=emergency_restart ;;
	esac
	modprobe "$MODULE" "fail=$FAIL" "how=$HOW" || verdict "modprobe"
	trigger "$FAIL fails by $HOW"
	(echo c >/proc/sysrq-trigger)
	verdict "still running after the crash"
}

dump() {
	send_vmcore_log
	verdict ok
}

again() {
	grep -q "sysrq triggered crash" /sys/fs/pstore/dmesg-ramoops-* || verdict "pstore has no record"
	verdict ok
}
