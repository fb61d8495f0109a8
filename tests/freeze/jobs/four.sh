# shellcheck shell=dash
# Four filesystems with writers on each, before slow disks
. ./freeze.sh

first() {
	prepare
	# for the host to count in
	echo 10 >/sys/module/suspend/parameters/pm_test_delay
	write_soon
	make_four
	for w in /a /b /c /d; do echo "nonce $NONCE" >$w/nonce; done
	start_writers /a /b /c /d
	pile_up /a /b
	trigger "suspend with data to be written on four filesystems"
	suspend mem || verdict "no suspend: $error"
	say awake
	stop_writers /a /b /c /d
	check_four
	done_ok
}
