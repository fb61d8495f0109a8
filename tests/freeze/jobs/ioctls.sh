# shellcheck shell=dash
# A sleep in the midst of an ioctl of btrfs that takes long, which goes on after it; or of a balance that a mount has resumed
. ./freeze.sh

is_running() {
	[ ! -e /tmp/status ]
}

has_begun() {
	is_running || verdict "it has ended before it was seen: $(cat /tmp/out)"
	"begun_$CASE"
}

begun_scrub() {
	dmesg | grep -q "scrub: started"
}

begun_replace() {
	btrfs replace status -1 /a | grep -q "% done"
}

begun_balance() {
	dmesg | grep -q "relocating block group .* flags data"
}

begun_resumed() {
	btrfs balance status /a | grep -q "is running"
}

# A balance that has been paused, of a filesystem that is not mounted
pause_balance() {
	btrfs balance start --full-balance /a >/tmp/out 2>&1 &
	await "there is no balance" begun_balance
	btrfs balance pause /a >/tmp/out 2>&1 || verdict "the balance cannot be paused: $(cat /tmp/out)"
	wait
	umount /a || verdict "umount"
}

resume_balance() {
	mount -t btrfs "$on" /a || verdict "mount"
	while btrfs balance status /a | grep -q "is running"; do sleep 1; done
	btrfs balance status /a | grep -q "No balance found"
}

begin() {
	case $CASE in
	scrub) btrfs scrub start -B /a ;;
	replace) btrfs replace start -B -f 1 "$(disk d1)" /a ;;
	balance) btrfs balance start --full-balance /a ;;
	resumed) resume_balance ;;
	esac >/tmp/out 2>&1
	echo $? >/tmp/status
}

first() {
	prepare
	echo 5000 >/sys/power/pm_freeze_timeout
	# what a commit has to write before it ends
	echo 4194304 >/proc/sys/vm/dirty_bytes
	mkdir -p /var/lib/btrfs
	on=$(disk d0)
	make_mount btrfs "$on" /a
	write_file /a/file 200
	sync -f /a
	[ "$CASE" != resumed ] || pause_balance
	slow_down
	begin &
	await "it does not begin" has_begun
	sleep 1
	trigger "suspend in the midst of btrfs $CASE"
	suspend mem || verdict "no suspend: $error"
	is_running || verdict "it has ended with the sleep: $(cat /tmp/out)"
	# who writes meanwhile holds up no freeze by the user either
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	is_running || verdict "the freeze has waited for its end"
	suspend mem || verdict "no suspend while it waits for the user's thaw: $error"
	/sbin/fsfreeze -u /a || verdict "thaw"
	is_running || verdict "it has ended with the freeze: $(cat /tmp/out)"
	say awake
	await "it does not end" [ -e /tmp/status ]
	send out /tmp/out
	[ "$(cat /tmp/status)" = 0 ] || verdict "it has failed: $(cat /tmp/out)"
	[ "$CASE" != replace ] || on=$(disk d1)
	FLOOR=1 check_disk btrfs "$on" /a
	done_ok
}
