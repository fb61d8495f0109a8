# shellcheck shell=dash
# The owner of /dev/snapshot crashes while all is frozen.
. ./freeze.sh

first() {
	prepare
	make_mount ext4 "$(disk d0)" /a
	start_writers /a
	cd /a || verdict "cd"
	echo core >/proc/sys/kernel/core_pattern
	ulimit -c unlimited
	sh -c 'kill -ABRT $$'
	[ -e core ] || verdict "no core dump of others"
	rm core
	echo none >/sys/power/pm_test
	trigger "a crash of the owner of /dev/snapshot"
	/job/snapshot crash && verdict "it has not crashed"
	[ ! -e core ] || verdict "a core dump of the one that has frozen all"
	slept "/dev/snapshot"
	cd /
	stop_writers /a
	check_disk ext4 "$(disk d0)" /a
	done_ok
}
