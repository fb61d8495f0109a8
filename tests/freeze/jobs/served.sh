# shellcheck shell=dash
# An ext4 on a disk that a task serves, $SERVER
. ./freeze.sh

serve_fuse() {
	mount_on_fuse /a
}

serve_nbd() {
	ifconfig lo 127.0.0.1
	mkdir -p /back
	mount -t tmpfs tmpfs /back
	dd if=/dev/zero of=/back/file bs=1M count=64 2>/dev/null
	echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
	# the kernel sees only the connection
	/job/tasks flusher nbd-server 127.0.0.1:10809 /back/file -C /dev/null >/tmp/nbd 2>&1 || { send nbd /tmp/nbd; verdict "nbd-server"; }
	await "nbd-server does not listen" grep -q "0100007F:2A39 00000000:0000 0A" /proc/net/tcp
	nbd-client 127.0.0.1 10809 /dev/nbd0 -N "" >/tmp/nbd 2>&1 || { send nbd /tmp/nbd; verdict "nbd-client"; }
	l=/dev/nbd0
	make_mount ext4 $l /a
}

first() {
	prepare
	"serve_$SERVER"
	make_mount xfs "$(disk d1)" /b
	start_writers /a /b
	start_fsync /a
	trigger "suspend while tasks wait for $SERVER"
	for _ in 1 2 3 4 5; do suspend mem || verdict "no suspend: $error"; done
	stop_writers /a /b
	check_disk ext4 "$l" /a
	check_disk xfs "$(disk d1)" /b
	done_ok
}
