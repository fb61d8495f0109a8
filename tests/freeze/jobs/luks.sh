# shellcheck shell=dash
# LUKS has been suspended, as cryptsetup-suspend does it before the sleep: what is below it, and its key, are not to be
# had. On it, or with $CASE "lvm" on a linear device on it, is a filesystem of type $FS, dirty or clean ($DATA).
. ./freeze.sh
. ./stages.sh

first() {
	prepare
	write_late
	# a kernel that waits for what does not come needs a multiple of the time that is allowed
	echo 60000 >/sys/power/pm_freeze_timeout
	echo 0 >/sys/power/sync_on_suspend
	make_luks "$(disk d0)"
	on=/dev/mapper/luks
	if [ "$CASE" = lvm ]; then
		dmsetup create lvm --table "0 524288 linear $on 0"
		on=/dev/mapper/lvm
	fi
	make_fs "$FS" "$on"
	case $FS in
	# no thread of its own reads from it in the meantime
	ext4) mount -t ext4 -o noinit_itable,no_prefetch_block_bitmaps,commit=1000 "$on" /a ;;
	*) mount -t "$FS" -o commit=1000 "$on" /a ;;
	esac || verdict "mount"
	make_mount ext4 "$(disk d1)" /b
	start_writers /b
	write_file /a/file 4
	sync
	[ "$DATA" = clean ] || write_file /a/more 4
	# what freezes a filesystem that stands right on it, and neither syncs nor freezes one on a device on it
	case $CASE in
	noflush) dmsetup suspend --noflush --nolockfs luks ;;
	*) dmsetup suspend luks ;;
	esac || verdict "dmsetup suspend"
	dmsetup message luks 0 key wipe || verdict "key wipe"
	trigger "suspend with LUKS suspended"
	for _ in 1 2; do suspend_within 25 mem; done
	check_progress /b
	dmsetup message luks 0 key set "$LUKS_KEY" || verdict "key set"
	dmsetup resume luks || verdict "dmsetup resume"
	write_file /a/last 1
	# it is frozen again, now that it can be
	suspend mem || verdict "no suspend after its end: $error"
	stop_writers /b
	FLOOR=2 check_disk "$FS" "$on" /a
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
