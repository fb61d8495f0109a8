# shellcheck shell=dash
# Sends where the crash kernel's memory is, and what the kernel says of it.
. ./crashkernel.sh

first() {
	booted
	dmesg | grep -iE "crashkernel|memory value expected" | grep -vE "ommand line|safestop" >/tmp/lines
	send lines /tmp/lines
	send iomem /proc/iomem
	send size /sys/kernel/kexec_crash_size
	send_map
	verdict ok
}
