# shellcheck shell=dash
# What the jobs of tests/hotplug have in common.

memory=/sys/devices/system/memory
cpus=/sys/devices/system/cpu
at_boot=$(for d in "$memory"/memory[0-9]*; do echo "${d##*memory}"; done)
asked=0

ask() { # for what, of the host
	asked=$((asked + 1))
	say "ask $asked $1"
}

# What udev's rules look at
keeps() {
	say "crash_hotplug $(cat $cpus/crash_hotplug) $(cat $memory/crash_hotplug)"
}

# LOAD: options of kexec; PRELOAD: see guest/kexec_flags.c
load() { # more parameters of the crash kernel
	[ -z "$PRELOAD" ] || export LD_PRELOAD="/job/$PRELOAD"
	load_crash_kernel "$LOAD" "$1"
	unset LD_PRELOAD
}

# Numbers of the blocks of memory that have come since the boot
new_blocks() {
	for d in "$memory"/memory[0-9]*; do echo "${d##*memory}"; done | grep -v -x -F "$at_boot" | sort -n
}

await_blocks() { # how many new ones there have to be
	until [ "$(new_blocks | wc -l)" = "$1" ]; do sleep 0.1; done
}

set_block() { # number, state
	echo "$2" >"$memory/memory$1/state" || say "memory$1 does not go $2"
}

write_pattern() { # pages, to these blocks of memory
	size=0x$(cat $memory/block_size_bytes)
	printf "%x %x %d %s" $(($2 * size)) $((($3 + 1) * size)) "$1" "$NONCE" \
		>/sys/kernel/debug/oot_hotplug/pattern || verdict "cannot write to the new memory"
}

crash() {
	echo c >/proc/sysrq-trigger
}

# How many pages of the pattern the dump has, as the capture kernel sees it and as makedumpfile writes it
send_dump() {
	send_vmcore_log
	send iomem /proc/iomem
	say "vmcore $(./patterns /proc/vmcore "$NONCE")"
	if [ "$FORMAT" = raw ]; then
		cat /proc/vmcore >"$(port dump)"
		return
	fi
	mount -o remount,size=80% /tmp
	# an ELF core can be looked at, but a compressed dump takes less memory
	makedumpfile "${FORMAT:--E}" -d 31 /proc/vmcore /tmp/dump >/tmp/makedumpfile 2>&1 || {
		send makedumpfile /tmp/makedumpfile
		verdict "makedumpfile cannot read the vmcore"
	}
	[ -n "$FORMAT" ] || say "dump $(./patterns /tmp/dump "$NONCE")"
}
