# shellcheck shell=dash
# A disk that the kernel serves from a file is written to while the filesystem of the file is frozen.
. ./freeze.sh

# The disk that has appeared since $before was made
new_disk() {
	for b in /sys/block/*; do
		grep -q -x "${b##*/}" /tmp/before || { echo "/dev/${b##*/}" && return; }
	done
	return 1
}

serve_nvmet() {
	modprobe -a nvmet nvme-loop || verdict "modprobe"
	cd /sys/kernel/config/nvmet || verdict "no nvmet"
	mkdir subsystems/s subsystems/s/namespaces/1 ports/1
	echo 1 >subsystems/s/attr_allow_any_host
	printf /a/file >subsystems/s/namespaces/1/device_path
	echo 1 >subsystems/s/namespaces/1/enable || verdict "no namespace"
	echo loop >ports/1/addr_trtype
	ln -s /sys/kernel/config/nvmet/subsystems/s ports/1/subsystems/s
	cd /
	printf transport=loop,nqn=s >/dev/nvme-fabrics || verdict "no controller"
}

serve_fileio() {
	modprobe -a target_core_file tcm_loop sd_mod || verdict "modprobe"
	cd /sys/kernel/config/target || verdict "no target"
	mkdir -p core/fileio_0/f
	printf fd_dev_name=/a/file,fd_dev_size=16777216,fd_async_io=1 >core/fileio_0/f/control
	echo 1 >core/fileio_0/f/enable || verdict "no backend"
	mkdir -p loopback/naa.5001405000000001/tpgt_1/lun/lun_0
	printf naa.5001405000000002 >loopback/naa.5001405000000001/tpgt_1/nexus
	ln -s /sys/kernel/config/target/core/fileio_0/f loopback/naa.5001405000000001/tpgt_1/lun/lun_0/f
	cd /
}

write_one() {
	dd if=/a/data of="$target" bs=64k oflag=direct conv=notrunc 2>/dev/null && touch /tmp/written
}

first() {
	prepare
	mkdir -p /sys/kernel/config
	modprobe configfs
	mount -t configfs configfs /sys/kernel/config || verdict "no configfs"
	make_mount ext4 "$(disk d0)" /a
	number=$(d=$(disk d0) && tr : , <"/sys/block/${d##*/}/dev")
	write_file /a/data 4
	dd if=/dev/zero of=/a/file bs=1M count=16 conv=fsync 2>/dev/null || verdict "no space"
	ls /sys/block >/tmp/before
	"serve_$CASE"
	await "no disk appears" new_disk >/tmp/disk
	target=$(tail -n 1 /tmp/disk)
	[ -b "$target" ] || verdict "$target is no disk"
	/sbin/fsfreeze -f /a || verdict "fsfreeze"
	echo >/sys/kernel/tracing/trace
	trigger "a write to a disk that is a file of what is frozen"
	write_one &
	sleep 3
	! grep -q "block_rq_issue: $number" /sys/kernel/tracing/trace || verdict "writes to what is frozen"
	[ ! -e /tmp/written ] || verdict "it has been written, but not to the disk"
	/sbin/fsfreeze -u /a || verdict "thaw"
	wait
	[ -e /tmp/written ] || verdict "the write has failed"
	head -c 4194304 "$target" | cmp - /a/data || verdict "wrong data"
	# what serves the file keeps it open
	done_ok
}
