# shellcheck shell=dash
# All that ends a sleep before the machine has slept
. ./freeze.sh

go_to_sleep() {
	echo deep >/sys/power/mem_sleep
	for t in freezer devices platform processors core; do
		echo $t >/sys/power/pm_test
		suspend mem || verdict "no suspend to $t: $error"
		check_progress /a /b /c /d
	done
	echo none >/sys/power/pm_test
	# no room for the image; what suspend() does not count, as it is refused, has been frozen nevertheless
	{ mkswap "$(disk small)" >/dev/null && swapon "$(disk small)"; } || verdict "swapon"
	echo disk >/sys/power/state && verdict "there was room for the image"
	slept "disk without room"
	check_progress /a /b /c /d
	swapoff "$(disk small)"
	# it would be restored at once, if 6.1 did not want to open for itself alone what it swaps to
	{ mkswap "$(disk swap)" >/dev/null && swapon "$(disk swap)"; } || verdict "swapon"
	set -- "$(disk swap)"
	cat "/sys/block/${1##*/}/dev" >/sys/power/resume
	echo test_resume >/sys/power/disk
	echo disk >/sys/power/state
	slept "disk for test_resume"
}

first() {
	prepare
	sleep_with_four "a sleep that is ended"
}
