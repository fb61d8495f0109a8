# shellcheck shell=dash
# tools/testing/selftests/pstore as it is, on a disk that keeps its files over the restart. With $KDUMP a crash kernel starts in
# between; it leaves ramoops alone.
state() {
	modprobe ext4
	mkdir /state
	mount -t ext4 "$(disk state)" /state || verdict "mount"
	cd /state || verdict "mount"
}

run() { # test
	./"$1" >/tmp/out 2>&1
	result=$?
	send "$1" /tmp/out
}

first() {
	(cd / && cpio -i -d -m -u <"$(disk fstools)" 2>/dev/null)
	/sbin/mke2fs -q -F "$(disk state)" || verdict "mkfs"
	selftests=$PWD
	state
	cp "$selftests"/common_tests "$selftests"/pstore_* .
	run pstore_tests
	[ "$result" = 0 ] || verdict "pstore_tests has failed"
	[ -z "$KDUMP" ] || load_crash_kernel -s ramoops.mem_size=0
	trigger "pstore_crash_test"
	./pstore_crash_test
	verdict "still running after the crash"
}

dump() {
	send_vmcore_log
	reboot -f
	sleep 60
}

again() {
	state
	run pstore_post_reboot_tests
	umount /state 2>/dev/null
	verdict ok
}
