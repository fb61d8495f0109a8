# shellcheck shell=dash
# Panics; $FAIL fails in the way $HOW, a line of survive.txt. With $KDUMP the crash kernel judges the log in the dump, else the
# kernel after the restart does so with what pstore has of the console. The kselftest panics and judges; on the base, on which
# it skips, oot_survive panics, and only the message of the panic is looked for.
first() {
	[ -z "$KDUMP" ] || load_crash_kernel
	echo "$ON_OOPS" >/proc/sys/kernel/panic_on_oops
	if [ "$HOW" = warn ]; then
		echo 1 >/proc/sys/kernel/panic_on_warn
		echo 1 >/proc/sys/kernel/warn_limit
	fi
	if [ -n "$WATCHDOG" ]; then
		modprobe i6300esb "heartbeat=$WATCHDOG" nowayout=1 || verdict "there is no watchdog"
		exec 8>/dev/watchdog
	fi
	trigger "$FAIL fails by $HOW"
	if [ "$FLAVOR" = base ]; then
		crash_base
	else
		FAIL=$FAIL HOW=$HOW LEVEL=$LEVEL sh ./panic_crash_test.sh
	fi
	verdict "still running after the crash"
}

crash_base() {
	[ "$LEVEL" = 0 ] || echo Y >/sys/module/kernel/parameters/crash_kexec_post_notifiers
	case $FAIL in
	panic_print)
		FAIL=__show_mem
		echo 2 >/sys/module/kernel/parameters/panic_print ;;
	kdump) FAIL=machine_kexec ;;
	restart) FAIL=emergency_restart ;;
	esac
	case $HOW in
	hang_nmi) modprobe oot_survive "fail=$FAIL" how=hang crash=nmi ;;
	*) modprobe oot_survive "fail=$FAIL" "how=$HOW" ;;
	esac || verdict "modprobe"
	(echo c >/proc/sysrq-trigger)
}

# The state file of panic_crash_test.sh is gone with its kernel.
judge() { # log
	cp "$1" /tmp/judged
	send dmesg /tmp/judged
	if [ "$FLAVOR" = base ]; then
		grep -q "sysrq triggered crash" /tmp/judged && verdict ok
		verdict "the log has no panic"
	fi
	{
		echo "$LEVEL"
		echo "${KDUMP:-0}"
		echo "$DUMPER"
		sed -n 's/.*panic_crash_test \([-0-9a-f]*\)$/\1/p' /tmp/judged
		echo "$FAIL"
		echo "$HOW"
	} >crash_state
	LOG=/tmp/judged sh ./panic_post_crash_tests.sh >/tmp/out && verdict ok
	send out /tmp/out
	verdict "$(cat /tmp/out)"
}

dump() {
	send_vmcore_log
	judge /tmp/dmesg
}

again() {
	send_pstore
	[ -s /sys/fs/pstore/dmesg-ramoops-0 ] || verdict "pstore has no record"
	judge /sys/fs/pstore/console-ramoops-0
}
