# shellcheck shell=dash
# Sends the kernel's page tables.
. ./crashkernel.sh

first() {
	send_map
	verdict ok
}
