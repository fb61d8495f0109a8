# shellcheck shell=dash
# make run TOPIC=crash-hotplug: a crash kernel is loaded, then memory and a CPU come, and the machine crashes on that CPU.
. ./hotplug.sh

told() { # what it is
	say "$1: $(nproc) CPUs, $(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MiB of memory, \
$(cat /sys/kernel/kexec_crash_loaded) crash kernel, crash_hotplug $(cat "$cpus/crash_hotplug") $(cat "$memory/crash_hotplug")"
}

first() {
	load
	told "before"
	trigger "memory and a CPU come"
	ask comes
	await_blocks 2
	for n in $(new_blocks); do set_block "$n" online_movable; done
	ask cpu
	until [ -e "$cpus/cpu2" ]; do sleep 0.1; done
	echo 1 >"$cpus/cpu2/online"
	told "added"
	# shellcheck disable=SC2016
	taskset -c 2 sh -c "echo $NONCE crashing \$\$ >&7; echo c >/proc/sysrq-trigger"
}

dump() {
	send_vmcore_log
	verdict ok
}
