# shellcheck shell=dash
# A filesystem of type $FS, which is not frozen for a sleep, is written to as the machine sleeps, and one that is.
. ./freeze.sh

first() {
	prepare
	# two of the mkfs look there
	ln -s /proc/mounts /etc/mtab
	make_mount "$FS" "$(disk d0)" /a
	make_mount ext4 "$(disk d1)" /b
	export UNCOUNTED=d0
	start_writers /a /b
	trigger "sleeps with data to be written to $FS"
	for kind in freezer devices; do
		echo $kind >/sys/power/pm_test
		suspend mem || verdict "no suspend, $kind: $error"
		check_progress /a /b
		suspend disk || verdict "no hibernation, $kind: $error"
		check_progress /a /b
	done
	echo none >/sys/power/pm_test
	alarm 5
	suspend mem || verdict "no suspend: $error"
	stop_writers /a /b
	check_disk "$FS" "$(disk d0)" /a
	check_disk ext4 "$(disk d1)" /b
	done_ok
}
