# shellcheck shell=dash
# A crash kernel is loaded, and then memory comes and goes: STEPS are functions below. BLOCKS come; PAGES get a pattern.
. ./hotplug.sh

comes() {
	ask comes
	await_blocks "$BLOCKS"
}

goes() {
	ask goes
	await_blocks 0
}

online() {
	for n in $(new_blocks); do set_block "$n" online_movable; done
}

offline() {
	for n in $(new_blocks); do set_block "$n" offline; done
}

offline_first() {
	set_block "$(new_blocks | head -n 1)" offline
}

online_last() {
	set_block "$(new_blocks | tail -n 1)" online_movable
}

online_first() {
	set_block "$(new_blocks | head -n 1)" online_movable
}

write() {
	write_pattern "$PAGES" "$(new_blocks | head -n 1)" "$(new_blocks | tail -n 1)"
}

write_last() {
	write_pattern "$PAGES" "$(new_blocks | tail -n 1)" "$(new_blocks | tail -n 1)"
}

# The command line has made persistent memory of this. Two blocks of it are whole.
dax_comes() {
	cd /sys/bus/nd || verdict "no nvdimm bus"
	dax=$(cat devices/region0/dax_seed)
	echo ram >"devices/$dax/mode"
	cat /proc/sys/kernel/random/uuid >"devices/$dax/uuid"
	echo namespace0.0 >"devices/$dax/namespace"
	echo "$dax" >drivers/dax_pmem/bind || verdict "no device-dax"
	cd /sys/bus/dax/drivers || verdict "no dax bus"
	echo dax0.0 >device_dax/unbind
	echo dax0.0 >kmem/new_id || verdict "device-dax does not hand it on"
	cd /
	await_blocks "$BLOCKS"
}

dax_goes() {
	echo dax0.0 >/sys/bus/dax/drivers/kmem/unbind
	await_blocks 0
}

total() {
	awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo
}

inflate() {
	whole=$(total)
	ask inflate
	until [ "$(total)" -lt $((whole - 65536)) ]; do sleep 0.1; done
}

deflate() {
	ask deflate
	until [ "$(total)" -ge "$whole" ]; do sleep 0.1; done
}

# Whoever does it dies of it.
stray() {
	(echo 0 >/sys/kernel/debug/oot_hotplug/stray)
}

# From now on, the machine crashes at the store number AT to the ELF header.
crash_at() {
	echo "$AT" >/sys/kernel/debug/oot_hotplug/crash_at
}

first() {
	modprobe oot_hotplug
	for step in $BEFORE; do $step; done
	load
	keeps
	trigger "memory: $STEPS"
	for step in $STEPS; do $step; done
	keeps
	crash
}

dump() {
	# a larger one has no room in the capture kernel
	if [ "$PAGES" = 0 ]; then send_vmcore_log; else send_dump; fi
	verdict ok
}
