# shellcheck shell=dash
# Loads a crash kernel (LOAD: -s or -c), writes to its memory, crashes and reads the dump. BEFORE and AFTER are functions
# below, for what is to be done before and after it is loaded.
. ./freeze.sh
. ./crashkernel.sh

region() {
	sed -n 's/^ *\(.*\) : Crash kernel/\1/p' /proc/iomem | tail -n 1
}

try_write() { # address
	dmesg -c >/dev/null
	if (echo "$1" >/sys/kernel/debug/oot_crashkernel); then
		echo written
	elif dmesg | grep -q "Unable to handle kernel paging request"; then
		echo faulted
	else
		echo failed
	fi
}

memory() { # bytes of the region, and of all that the kernel has
	echo "$(cat /sys/kernel/kexec_crash_size) $(awk '/MemTotal/ { print $2 * 1024 }' /proc/meminfo)"
}

shrink() {
	old=$(memory)
	echo $((${old% *} / 2)) >/sys/kernel/kexec_crash_size
	send after /proc/iomem
	say "shrunk $old $(memory)"
}

hibernate() {
	trace_writes
	mkswap "$(disk swap)" >/dev/null
	swapon "$(disk swap)" || verdict "swapon"
	echo reboot >/sys/power/disk
	mark_resume 0
	NO_FILESYSTEM=1 suspend disk || verdict "cannot hibernate"
	say "after hibernation $(try_write "$image")"
}

first() {
	booted
	send iomem /proc/iomem
	send_map
	[ -n "$(region)" ] || verdict "no memory is reserved"
	$BEFORE
	start=0x$(region | cut -d- -f1) end=0x$(region | cut -d- -f2)
	# in the image, which begins with the region, and where nothing is loaded
	image=$((start + 0x400000)) free=$(((start + end) / 2 & ~0xfff))
	modprobe oot_crashkernel
	say "before $(try_write $image)"
	load_crash_kernel "$LOAD"
	say "free $(try_write $free)"
	say "image $(try_write $image)"
	$AFTER
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
}

resume() {
	cat "/sys/block/$(basename "$(disk swap)")/dev" >/sys/power/resume
	verdict "the image has not been restored"
}

dump() {
	send_log
	send_vmcore_log
	verdict ok
}
