# shellcheck shell=dash
# Memory goes offline and online EVENTS times, and then the crash kernel is loaded as often.
. ./hotplug.sh

uptime_of() { # command
	read -r begin _ </proc/uptime
	"$@"
	read -r end _ </proc/uptime
	awk "BEGIN { print \" load \" $end - $begin }"
}

first() {
	modprobe oot_hotplug
	ask comes
	await_blocks 2
	block=$(new_blocks | head -n 1)
	set_block "$block" online_movable
	load
	dmesg -c >/dev/null
	trigger "memory$block goes offline and online"
	for _ in $(seq $((EVENTS / 2))); do
		set_block "$block" offline
		set_block "$block" online_movable
	done
	dmesg | grep "oot_hotplug: event" >/tmp/times
	for _ in $(seq "$EVENTS"); do uptime_of load >>/tmp/times; done
	send times /tmp/times
	verdict ok
}
