# shellcheck shell=dash
# The emergency thaw, with sysrq-j from the keyboard while all is frozen.
. ./freeze.sh

thaws() { # how many times the emergency thaw has been done
	[ "$(dmesg | grep -c "Emergency Thaw complete")" = "$1" ]
}

first() {
	prepare
	echo 1 >/proc/sys/kernel/sysrq
	# for the host to press the key in
	echo 8 >/sys/module/suspend/parameters/pm_test_delay
	make_mount ext4 "$(disk d0)" /a
	make_mount ext4 "$(disk d1)" /b
	write_file /a/data 1
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	write_file /b/data 1
	# pm_test's delay keeps a CPU busy, which must not be the one that is to do the thaw: CPU 0 gets the key
	taskset -p 2 $$ >/dev/null || verdict "taskset"
	trigger "sysrq-j while all is frozen"
	# not by suspend(): first, the key has to have done its work
	echo mem >/sys/power/state || verdict "no suspend"
	thaws 1 || verdict "there has been no emergency thaw"
	slept mem
	/sbin/fsfreeze -u /a 2>/dev/null && verdict "sysrq-j has not thawed what the user had frozen"
	write_file /a/more 1
	write_file /b/more 1
	/sbin/fsfreeze -f /a || verdict "second fsfreeze"
	echo j >/proc/sysrq-trigger
	await "the emergency thaw does not end" thaws 2
	/sbin/fsfreeze -u /a 2>/dev/null && verdict "sysrq-j has not thawed it"
	FLOOR=2 check_disk ext4 "$(disk d0)" /a
	FLOOR=2 check_disk ext4 "$(disk d1)" /b
	done_ok
}
