# shellcheck shell=dash
# Tasks open files of a mount for which fanotify asks a task for permission.
. ./freeze.sh

client() { # number
	n=0
	while [ ! -e /tmp/stop ]; do
		n=$((n + 1))
		[ "$(cat /a/file)" = data ] || touch /tmp/failed
		echo $n >"/tmp/progress.$1"
	done
}

is_ready() {
	[ -e /tmp/listens ]
}

first() {
	prepare
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	make_mount ext4 "$(disk d0)" /a
	echo data >/a/file
	/job/tasks permission /a &
	listener=$!
	await "there is no listener" is_ready
	for n in 0 1 2 3; do
		echo 0 >/tmp/progress.$n
		client $n &
	done
	for n in 0 1 2 3; do await "the client $n does not begin" has_written $n 3; done
	trigger "suspend while tasks wait for permission"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		suspend mem || verdict "no suspend: $error"
		check_progress 0 1 2 3
	done
	touch /tmp/stop
	# it ends with the next one who asks
	cat /a/file >/dev/null
	wait
	[ ! -e /tmp/failed ] || verdict "a client has failed"
	kill -0 $listener 2>/dev/null && verdict "the listener has not ended"
	umount /a || verdict "umount"
	check_fs ext4 "$(disk d0)"
	done_ok
}
