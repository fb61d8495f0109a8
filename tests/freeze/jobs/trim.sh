# shellcheck shell=dash
# A sleep in the midst of fstrim(8), which goes on after it
. ./freeze.sh

has_discards() {
	grep -q "block_rq_issue: $number D" /sys/kernel/tracing/trace
}

is_trimming() {
	[ ! -e /tmp/status ]
}

first() {
	prepare
	modprobe dm-delay || verdict "modprobe"
	echo 3000 >/sys/power/pm_freeze_timeout
	d=$(disk d0)
	number=$(tr : , <"/sys/block/${d##*/}/dev")
	dmsetup create slow --table "0 2097152 delay $d 0 0 $d 0 0"
	make_fs "$FS" /dev/mapper/slow
	mount -t "$FS" -o "nodiscard$OPTIONS" /dev/mapper/slow /a || verdict "mount"
	write_file /a/data 4
	n=0
	while [ $n -lt 800 ]; do
		n=$((n + 1))
		# the shell itself does it
		printf %8192d 0 >/a/$n
	done
	sync -f /a
	rm /a/*[13579]
	sync -f /a
	# f2fs has eight under way at a time
	ms=40
	[ "$FS" != f2fs ] || ms=200
	dmsetup suspend slow
	dmsetup load slow --table "0 2097152 delay $d 0 0 $d 0 $ms"
	dmsetup resume slow
	echo >/sys/kernel/tracing/trace
	{ fstrim -v /a >/tmp/trimmed 2>&1; echo $? >/tmp/status; } &
	await "nothing is discarded" has_discards
	trigger "suspend in the midst of fstrim"
	suspend mem || verdict "no suspend: $error"
	await "fstrim does not end" [ -e /tmp/status ]
	send trimmed /tmp/trimmed
	[ "$(cat /tmp/status)" = 0 ] || verdict "fstrim has failed"
	has_discards || verdict "fstrim has ended with the sleep"
	# in f2fs what is free has not been written to, and is not counted
	[ "$FS" = f2fs ] || awk -v free="$(stat -f -c "%f %S" /a)" '
		{ split(free, f); sub(/.*: /, ""); exit $1 < f[1] * f[2] * 0.9 }
	' /tmp/trimmed || verdict "fstrim has left out a part"
	FLOOR=1 check_disk "$FS" /dev/mapper/slow /a
	done_ok
}
