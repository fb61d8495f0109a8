# shellcheck shell=dash
# /sys/power/freeze_filesystems
. ./freeze.sh

first() {
	prepare
	make_mount ext4 "$(disk d0)" /a
	start_writers /a
	trigger "cat /sys/power/freeze_filesystems"
	[ -e /sys/power/freeze_filesystems ] || verdict "there is no /sys/power/freeze_filesystems"
	[ "$(cat /sys/power/freeze_filesystems)" = 1 ] || verdict "the default is not 1"
	echo maybe >/sys/power/freeze_filesystems 2>/dev/null && verdict "nonsense is taken"
	echo 0 >/sys/power/freeze_filesystems || verdict "it cannot be turned off"
	# what is not frozen may write
	export NO_FILESYSTEM=1 UNCOUNTED=d0
	suspend mem || verdict "no suspend: $error"
	unset NO_FILESYSTEM UNCOUNTED
	echo 1 >/sys/power/freeze_filesystems || verdict "it cannot be turned on"
	exec 8</dev/snapshot || verdict "no /dev/snapshot"
	echo 0 2>/dev/null >/sys/power/freeze_filesystems && verdict "it is turned off while an image may be made"
	exec 8<&-
	# not by suspend(), which empties the trace
	echo freeze >/sys/power/state || verdict "no suspend to idle"
	grep -o "filesystem_sleep: .*" /sys/kernel/tracing/trace >/tmp/trace
	send trace /tmp/trace
	slept freeze
	stop_writers /a
	check_disk ext4 "$(disk d0)" /a
	done_ok
}
