# shellcheck shell=dash
# A user freezes what a sleep is just about to freeze. oot_writer is in the midst of a write until it is told to stop: when
# the sleep has given up, or while it waits ($CASE).
. ./freeze.sh

fsfreeze_waits() {
	grep -q -s freeze_super "/proc/$(pidof fsfreeze)/wchan"
}

has_given_up() {
	dmesg | grep -q "freezing ext4 (loop0) is given up"
}

end_write() {
	echo 1 >/sys/module/oot_writer/parameters/stop
}

first() {
	prepare
	[ "$CASE" = joined ] || echo 10000 >/sys/power/pm_freeze_timeout
	mount_on_fuse /a
	make_mount xfs "$(disk d1)" /b
	# if it is given up, its own writes wait for the server
	[ "$CASE" = joined ] || export UNCOUNTED="$l"
	write_file /a/data 4
	write_file /b/data 4
	modprobe oot_writer path=/a/file seconds=600 || verdict "modprobe"
	(suspend mem && touch /tmp/slept) &
	await "the sleep does not freeze it" waits_in "freeze_super|freeze_super_for"
	trigger "fsfreeze while a sleep freezes it"
	(/sbin/fsfreeze -f /a 2>/tmp/error && touch /tmp/frozen) &
	await "fsfreeze does not wait for the sleep" fsfreeze_waits
	[ "$CASE" = joined ] || await "the sleep does not give up" has_given_up
	[ ! -e /tmp/frozen ] || verdict "fsfreeze has not waited for the writer"
	end_write
	wait
	[ -e /tmp/frozen ] || verdict "fsfreeze fails: $(cat /tmp/error)"
	[ "$CASE" != joined ] || [ -e /tmp/slept ] || verdict "no suspend"
	/sbin/fsfreeze -u /a || verdict "it is not frozen"
	FLOOR=1 check_disk ext4 "$l" /a
	FLOOR=1 check_disk xfs "$(disk d1)" /b
	done_ok
}
