# shellcheck shell=dash
# Panics while a lock is held that the panic wants: one of KFENCE, of the trace buffer, or that of kexec; or while a record of
# the log has been begun.
first() {
	load_crash_kernel
	trigger "a panic with the lock of $LOCK held"
	case $LOCK in
	kfence)
		echo 1 >/proc/sys/kernel/panic_on_warn
		stay kfence ;;
	trace)
		stay rb_get_reader_page
		mount -t tracefs none /mnt
		echo 1 >/mnt/events/sched/enable
		taskset 2 cat /mnt/trace_pipe >/dev/null ;;
	record)
		stay prb_final_commit
		while :; do taskset 2 sh -c 'echo from user space >/dev/kmsg'; done ;;
	kexec)
		stay kimage_alloc_page
		cat "$(disk kernel)" >/tmp/kernel
		taskset 2 kexec -l -c /tmp/kernel --reuse-cmdline ;;
	esac
	verdict "still running with the lock of $LOCK held"
}

stay() { # with
	# a kprobe that is being optimized waits for the CPU that it has stopped
	echo 0 >/proc/sys/debug/kprobes-optimization
	# the emulator may miss a kprobe in a function that has already run
	modprobe oot_deadlock "with=$1" || verdict "oot_deadlock cannot be loaded"
}

dump() {
	send_vmcore_log
	verdict ok
}
