# shellcheck shell=dash
# A CPU comes after the crash kernel has been loaded, and crashes.
. ./hotplug.sh

first() {
	load
	keeps
	trigger "a CPU comes"
	ask cpu
	until [ -e "$cpus/cpu2" ]; do sleep 0.1; done
	echo 1 >"$cpus/cpu2/online"
	keeps
	# shellcheck disable=SC2016
	taskset -c 2 sh -c "echo $NONCE crashing \$\$ >&7; echo c >/proc/sysrq-trigger"
}

dump() {
	send_vmcore_log
	verdict ok
}
