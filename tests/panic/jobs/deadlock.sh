# shellcheck shell=dash
# Panics while a lock is held that a callback wants: one of KFENCE, or of the trace buffer.
first() {
	load_crash_kernel
	trigger "a panic with the lock of $LOCK held"
	if [ "$LOCK" = kfence ]; then
		echo 1 >/proc/sys/kernel/panic_on_warn
		modprobe oot_deadlock with=kfence || verdict "oot_deadlock cannot be loaded"
	else
		# a kprobe that is being optimized waits for the CPU that it has stopped
		echo 0 >/proc/sys/debug/kprobes-optimization
		# the emulator may miss a kprobe in a function that has already run
		modprobe oot_deadlock with=trace || verdict "oot_deadlock cannot be loaded"
		mount -t tracefs none /mnt
		echo 1 >/mnt/events/sched/enable
		taskset 2 cat /mnt/trace_pipe >/dev/null
	fi
	verdict "still running with the lock of $LOCK held"
}

dump() {
	send_vmcore_log
	verdict ok
}
