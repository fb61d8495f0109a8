# shellcheck shell=dash
# Panics by the kselftest: $FAIL fails in the way $HOW, a line of survive.txt. With $KDUMP the crash kernel lets the kselftest
# judge the log in the dump, else the kernel after the restart does so with what pstore has of the console.
first() {
	[ -z "$KDUMP" ] || load_crash_kernel
	echo "$ON_OOPS" >/proc/sys/kernel/panic_on_oops
	if [ "$HOW" = warn ]; then
		echo 1 >/proc/sys/kernel/panic_on_warn
		echo 1 >/proc/sys/kernel/warn_limit
	fi
	trigger "$FAIL fails by $HOW"
	FAIL=$FAIL HOW=$HOW LEVEL=$LEVEL sh ./panic_crash_test.sh
	verdict "still running after the crash"
}

# The state file of panic_crash_test.sh is gone with its kernel.
judge() { # log
	cp "$1" /tmp/judged
	send dmesg /tmp/judged
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
