# shellcheck shell=dash
# Reads from Debian's disk what has been written to its /srv.
. ./freeze.sh

first() {
	prepare
	mount -t ext4 "$(disk root)" /a || verdict "mount of the root"
	umount /a
	check_fs ext4 "$(disk root)"
	mount -t ext4 -o ro "$(disk root)" /a || verdict "mount of the root, read-only"
	# the sums name the files as Debian has seen them
	ln -s /a/srv /srv
	check_sums /srv
	verdict ok
}
