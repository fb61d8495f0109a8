# shellcheck shell=dash
# Memory goes offline and online all the time, and on the base a script loads the crash kernel anew each time, as udev
# would do. The machine crashes after DELAY seconds, or when there is no crash kernel. With RACES, it is loaded anew
# that often in the meantime, and then the machine crashes.
. ./hotplug.sh

reload() {
	kexec -p "$LOAD" /tmp/kernel --initrd=/tmp/initrd --append="$(cat /tmp/append)" || say "not loaded"
}

churn() {
	while [ ! -e /tmp/stop ]; do
		for state in offline online_movable; do
			echo $state >"$memory/memory$block/state"
			[ "$(cat "$memory/crash_hotplug")" = 1 ] || [ "$RACES" != 0 ] || reload
		done
	done
	: >/tmp/stopped
}

first() {
	modprobe oot_hotplug
	ask comes
	await_blocks 2
	for n in $(new_blocks); do set_block "$n" online_movable; done
	block=$(new_blocks | head -n 1) last=$(new_blocks | tail -n 1)
	write_pattern 256 "$last" "$last"
	# the base's capture kernel would take the memory for its own
	load acpi_no_memhotplug
	cat "$(disk kernel)" >/tmp/kernel
	cat "$(disk initrd)" >/tmp/initrd
	echo "$(sed 's/crashkernel=[^ ]*//g' /proc/cmdline) nr_cpus=1 reset_devices irqpoll acpi_no_memhotplug" \
		>/tmp/append
	trigger "memory$block goes offline and online"
	churn &
	if [ "$RACES" = 0 ]; then
		end=$(($(date +%s) + DELAY))
		while [ "$(cat /sys/kernel/kexec_crash_loaded)" = 1 ] && [ "$(date +%s)" -lt $end ]; do :; done
	else
		for _ in $(seq "$RACES"); do reload; done
		: >/tmp/stop
		until [ -e /tmp/stopped ]; do sleep 0.1; done
		keeps
		say "state $(cat "$memory/memory$block/state")"
	fi
	crash
}

dump() {
	send_dump
	verdict ok
}
