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
