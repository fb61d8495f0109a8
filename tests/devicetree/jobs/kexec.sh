# shellcheck shell=dash
# The kernel is started anew HOPS times, and then crashes if a way is given in CRASH. Each kernel says what it has of the tree.
. ./devicetree.sh

first() {
	[ "$HOP" != 0 ] || trigger "kexec, ${HOPS} times${CRASH:+, and a crash}"
	tell
	[ "$HOP" -ge "$HOPS" ] || hop
	[ -n "$CRASH" ] || verdict ok
	load "$CRASH" -p "nr_cpus=1 reset_devices irqpoll"
	echo c >/proc/sysrq-trigger
}

# Records of ramoops, which the tree describes, are from the kernel before this one.
again() {
	first
}

dump() {
	tell
	verdict ok
}
