# shellcheck shell=dash
# Hibernation with the image on the disk "swap": with $WAY=file in a file of an ext4 there; with $WAY=hybrid the machine
# then sleeps in RAM and wakes from there.
. ./freeze.sh

make_swap() {
	if [ "$WAY" != file ]; then
		{ mkswap "$(disk swap)" >/dev/null && swapon "$(disk swap)"; } || verdict "swapon"
		offset=0
		return
	fi
	mkdir -p /s
	make_mount ext4 "$(disk swap)" /s
	dd if=/dev/zero of=/s/swap bs=1M count=600 conv=fsync 2>/dev/null
	{ mkswap /s/swap >/dev/null && swapon /s/swap; } || verdict "swapon"
	offset=$(filefrag -v /s/swap | awk '$1 == "0:" { sub(/\.\./, "", $4); print $4 }')
	echo "$offset" >/sys/power/resume_offset
	set -- "$(disk swap)"
	cat "/sys/block/${1##*/}/dev" >/sys/power/resume
}

go_to_sleep() {
	if [ "$WAY" = hybrid ]; then
		echo suspend >/sys/power/disk
		echo deep >/sys/power/mem_sleep
	else
		echo reboot >/sys/power/disk
		mark_resume "$offset"
	fi
	suspend disk || verdict "no hibernation: $error"
	[ "$WAY" != file ] || {
		swapoff /s/swap
		umount /s
		check_fs ext4 "$(disk swap)"
	}
}

first() {
	prepare
	make_swap
	sleep_with_four "$WAY"
}
