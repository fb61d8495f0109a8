# shellcheck shell=dash
# Panics by $CRASH while what $LOAD names goes on, most of it on CPU 1.

# with "<7>", as long as the kernel takes one: LOG_LINE_MAX of printk.c, with CONFIG_PRINTK_CALLER
KB=$(printf %0972d 0)

first() {
	[ -z "$KDUMP" ] || load_crash_kernel -s "$CAPTURE"
	echo 1 >/proc/sys/kernel/panic_on_oops
	modprobe lkdtm
	for what in $LOAD; do "load_$what"; done
	[ "$CRASH" != nmi ] || echo 1 >/proc/sys/kernel/panic_on_unrecovered_nmi
	sleep "${AFTER:-1}"
	trigger "$CRASH while $LOAD"
	"crash_$CRASH" >/dev/null 2>&1
	sleep "${WAIT:-20}"
	verdict "still running after $CRASH"
}

forever() { # CPUs as a mask, command
	taskset "$1" sh -c "while :; do $2; done" >/dev/null 2>&1 &
}

load_nothing() { :; }

load_hvc() {
	taskset 2 sh -c "while :; do echo $KB; done >/dev/hvc0" &
	load_kmsg 2
}

load_kmsg() { # masks of CPUs
	echo on >/proc/sys/kernel/printk_devkmsg
	echo "$KB" >/dev/kmsg || verdict "/dev/kmsg does not take a line"
	for mask in ${1:-2 4 8}; do
		taskset "$mask" sh -c "while :; do echo $KB; done >/dev/kmsg" &
		# on no console, so that nothing slows them down
		taskset "$mask" sh -c "while :; do echo '<7>$KB'; done >/dev/kmsg" &
	done
}

# Lines go to the host by e1000; its interrupt, and who writes them, are on CPU 1.
load_netconsole() {
	modprobe e1000
	ifconfig eth0 10.0.2.15 up || verdict "there is no eth0"
	tries=50
	while [ "$(cat /sys/class/net/eth0/carrier)" != 1 ]; do
		[ "$((tries -= 1))" -gt 0 ] || verdict "eth0 has no carrier"
		sleep 0.1
	done
	irq=$(sed -n 's/^ *\([0-9]*\):.*eth0$/\1/p' /proc/interrupts)
	echo 2 >"/proc/irq/$irq/smp_affinity" || verdict "the interrupt of eth0 cannot be moved"
	modprobe netconsole "netconsole=@10.0.2.15/eth0,$PORT@10.0.2.2/52:55:0a:00:02:02" || verdict netconsole
	forever 2 "ping -c 1 -s 1000 10.0.2.2"
	load_kmsg 2
}

load_memory() {
	forever 1 /bin/true
	forever 2 /bin/true
	forever 2 "dd if=/dev/zero of=/tmp/load bs=1M count=32"
	forever 3 "usleep 1000"
}

load_reload() {
	cat "$(disk kernel)" >/tmp/kernel
	cat "$(disk initrd)" >/tmp/initrd
	forever 2 "kexec -p -s /tmp/kernel --initrd=/tmp/initrd --append='$(sed 's/crashkernel=[^ ]*//g' /proc/cmdline) nr_cpus=1'"
}

load_size() {
	forever 2 "cat /sys/kernel/kexec_crash_size"
}

load_offline() {
	echo 0 >/sys/devices/system/cpu/cpu1/online || verdict "CPU 1 stays online"
}

crash_sysrq() {
	taskset 1 sh -c "echo c >/proc/sysrq-trigger"
}

crash_oot() {
	taskset 1 modprobe oot_panic "crash=$HOW"
}

# it is the host that does it
crash_nmi() { :; }

crash_lkdtm() {
	(echo "$HOW" >/sys/kernel/debug/provoke-crash/DIRECT)
}

crash_hung_task() {
	echo 1 >/proc/sys/kernel/hung_task_panic
	echo 1 >/proc/sys/kernel/hung_task_all_cpu_backtrace
	echo 2 >/proc/sys/kernel/hung_task_timeout_secs
	: "${HOW:=HUNG_TASK}"
	crash_lkdtm &
}

crash_softlockup() {
	echo 1 >/proc/sys/kernel/softlockup_all_cpu_backtrace
	echo 1 >/proc/sys/kernel/softlockup_panic
	echo 2 >/proc/sys/kernel/watchdog_thresh
	: "${HOW:=SOFTLOCKUP}"
	crash_lkdtm
}

crash_oom() {
	echo 2 >/proc/sys/vm/panic_on_oom
	echo 1 >/proc/sys/kernel/oops_all_cpu_backtrace
	tail /dev/zero
}

dump() {
	send_vmcore_log
	send_pstore
	verdict ok
}

again() {
	send_pstore
	verdict "it has restarted without a dump"
}
