# shellcheck shell=dash
# A kernel thread is in the midst of a write until it is told to stop. Meanwhile nobody else is kept from writing. $ABOVE:
# what it writes to stands on the other filesystem.
. ./freeze.sh

is_done() {
	[ "$(cat /sys/module/oot_writer/parameters/done)" = Y ]
}

first() {
	prepare
	echo 3000 >/sys/power/pm_freeze_timeout
	make_mount xfs "$(disk d1)" /b
	on=$(disk d0)
	# what is left may be written to
	[ "$FLAVOR" = base ] || export UNCOUNTED=d0
	if [ -n "$ABOVE" ]; then
		on=$(make_loop /b/file 64)
		make_mount f2fs "$(disk d2)" /c
		export UNCOUNTED="d1 $on"
	fi
	make_mount ext4 "$on" /a
	start_writers /a /b
	modprobe oot_writer path=/a/file seconds=600 || verdict "modprobe"
	trigger "suspend in the midst of a write"
	suspend disk && verdict "it has gone to sleep"
	[ "$FLAVOR" = series ] || verdict "no suspend: $error"
	check_progress /a /b
	suspend mem || verdict "no suspend: $error"
	check_progress /a /b
	is_done && verdict "the writer has ended"
	echo 1 >/sys/module/oot_writer/parameters/stop
	await "the writer does not end" is_done
	export UNCOUNTED=
	suspend mem || verdict "no suspend after its end: $error"
	stop_writers /a /b
	check_disk ext4 "$on" /a
	[ -z "$ABOVE" ] || /sbin/losetup -d "$on"
	check_disk xfs "$(disk d1)" /b
	done_ok
}
