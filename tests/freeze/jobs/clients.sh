# shellcheck shell=dash
# Tasks that use files of a FUSE server, $SERVER, in the way of $CASE. Each always waits for the server, or for another
# task that does.
. ./freeze.sh

serve() {
	mkdir -p /back /fuse
	mount -t tmpfs tmpfs /back
	for n in 0 1 2 3 4 5 6 7; do head -c 1048576 /dev/urandom >/back/$n; done
	case $SERVER in
	bindfs) bindfs /back /fuse ;;
	helper) /job/fuse_helper /back /fuse ;;
	esac || verdict "$SERVER"
}

client() { # file
	n=0
	while [ ! -e /tmp/stop ]; do
		n=$((n + 1))
		case $CASE in
		write) head -c 262144 /dev/zero >"$1" ;;
		# each open lets go of what has been read before
		read) [ "$(md5sum <"$1")" = "$(cat "/tmp/sum.${1##*/}")" ] ;;
		esac || touch /tmp/failed
		echo $n >"/tmp/progress.${1##*/}"
	done
}

clients() {
	if [ "$CASE" = shared ]; then
		(/job/tasks append /fuse/0 || touch /tmp/failed) &
		(/job/tasks append /fuse/1 || touch /tmp/failed) &
		await "nothing is appended" test -s /fuse/1
		return
	fi
	for n in 0 1 2 3; do md5sum </back/$n >/tmp/sum.$n; done
	# two tasks for a file
	for n in 0 1 2 3; do
		echo 0 >/tmp/progress.$n
		client /fuse/$n &
		[ "$CASE" = write ] || client /fuse/$n &
	done
	for n in 0 1 2 3; do await "the client of $n does not begin" has_written $n 3; done
}

first() {
	prepare
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	serve
	make_mount ext4 "$(disk d0)" /d
	start_writers /d
	clients
	trigger "suspend while tasks wait for a FUSE server"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		suspend mem || verdict "no suspend: $error"
		check_progress /d
		[ "$CASE" = shared ] || check_progress /fuse/0 /fuse/1 /fuse/2 /fuse/3
	done
	stop_writers /d
	[ ! -e /tmp/failed ] || verdict "a client has failed"
	case $CASE in
	write) [ "$(md5sum </back/0)" = "$(head -c 262144 /dev/zero | md5sum)" ] || verdict "wrong data" ;;
	shared) [ "$(head -c 7 /back/0)" = "a line" ] || verdict "wrong data" ;;
	esac
	check_disk ext4 "$(disk d0)" /d
	done_ok
}
