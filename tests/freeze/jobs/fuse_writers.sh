# shellcheck shell=dash
# Tasks of which one always waits for a FUSE server. The freezer may come to the server first. They do not read: who waits
# for a page that is being read cannot be frozen.
. ./freeze.sh

fuse_writer() { # directory
	n=0
	while [ ! -e /tmp/stop ]; do
		n=$((n + 1))
		{ head -c 65536 /dev/zero >"$1/$((n % 8))" && mv "$1/$((n % 8))" "$1/moved"; } || touch /tmp/failed
		echo $n >"/tmp/progress.${1##*/}"
	done
}

first() {
	prepare
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	mkdir -p /back /fuse
	mount -t tmpfs tmpfs /back
	bindfs /back /fuse || verdict "bindfs"
	mkdir /fuse/e /fuse/f /fuse/g
	make_mount ext4 "$(disk d0)" /d
	start_writers /d
	for w in /fuse/e /fuse/f /fuse/g; do
		echo 0 >"/tmp/progress.${w##*/}"
		fuse_writer $w &
	done
	for w in /fuse/e /fuse/f /fuse/g; do await "the writer on $w does not begin" has_written $w 8; done
	trigger "suspend while tasks wait for a FUSE server"
	for _ in 1 2 3 4 5 6 7 8 9 10; do suspend mem || verdict "no suspend: $error"; done
	stop_writers /d /fuse/e /fuse/f /fuse/g
	[ ! -e /tmp/failed ] || verdict "a write failed"
	for w in e f g; do
		[ "$(md5sum <"/back/$w/moved")" = "$(head -c 65536 /dev/zero | md5sum)" ] || verdict "wrong data on /fuse/$w"
	done
	check_disk ext4 "$(disk d0)" /d
	done_ok
}
