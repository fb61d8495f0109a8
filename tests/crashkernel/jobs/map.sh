# shellcheck shell=dash
# Sends the kernel's page tables.
. ./crashkernel.sh

first() {
	booted
	send_map
	verdict ok
}
