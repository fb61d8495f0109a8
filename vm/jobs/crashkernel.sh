# shellcheck shell=dash
# make run TOPIC=arm64-crashkernel: what crashkernel= has reserved.

first() {
	send iomem /proc/iomem
	verdict ok
}
