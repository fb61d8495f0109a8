# shellcheck shell=dash
# Swap on a loop device, whose file is on a filesystem that is to be frozen
. ./freeze.sh

first() {
	prepare
	make_mount ext4 "$(disk d0)" /a
	make_mount xfs "$(disk d1)" /b
	l=$(make_loop /a/swap 64)
	{ mkswap "$l" >/dev/null && swapon "$l"; } || verdict "swapon"
	start_writers /a /b
	trigger "suspend with swap on a file of a filesystem"
	suspend disk && verdict "it has gone to sleep"
	suspend mem || verdict "no suspend: $error"
	check_progress /a /b
	swapoff "$l"
	losetup -d "$l"
	# a swap file is written to without its filesystem
	dd if=/dev/zero of=/b/swap bs=1M count=64 2>/dev/null
	{ mkswap /b/swap >/dev/null && swapon /b/swap; } || verdict "swapon of a file"
	suspend mem || verdict "no suspend without swap on a loop device: $error"
	swapoff /b/swap
	stop_writers /a /b
	check_disk ext4 "$(disk d0)" /a
	check_disk xfs "$(disk d1)" /b
	done_ok
}
