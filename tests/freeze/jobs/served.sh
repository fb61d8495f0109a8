# shellcheck shell=dash
# An ext4 on a disk that a task serves, $SERVER
. ./freeze.sh

serve_fuse() {
	mount_on_fuse /a
}

serve_nbd() {
	make_nbd 64
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
