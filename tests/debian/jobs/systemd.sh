# shellcheck shell=dash
# PID 1 becomes the systemd of a Debian, which runs service.sh.

first() {
	mkdir /new
	mount -t ext4 "$(disk root)" /new || verdict "mount of the root"
	cp variables freeze.sh service.sh /new/root
	cp safestop.service /new/etc/systemd/system
	mkdir -p /new/etc/systemd/system/multi-user.target.wants
	ln -s ../safestop.service /new/etc/systemd/system/multi-user.target.wants
	# the service opens the port itself
	exec 7>&-
	cd /
	exec switch_root /new /lib/systemd/systemd
}
