# shellcheck shell=dash
# What the jobs of tests/crashkernel have in common.

# It is the boot that they are about.
booted() {
	trigger "boot with $(grep -o 'crashkernel=.*' /proc/cmdline || echo "no crashkernel=")"
}

send_map() {
	send map /sys/kernel/debug/kernel_page_tables
}
