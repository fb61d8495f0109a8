# shellcheck shell=dash
# The host wakes the machine in the midst of $PHASE, while there is still a minute of work to do.
. ./freeze.sh

# What 32 MiB are written to
big() { # file
	dd if=/dev/urandom of="$1" bs=1M count=32 conv=notrunc 2>/dev/null || verdict "a write to $1 failed"
}

sum_of_d3() {
	head -c 33554432 "$(disk d3)" | md5sum
}

sectors_written() { # serial
	set -- "$(disk "$1")"
	awk '{ print $7 }' "/sys/block/${1##*/}/stat"
}

is_done() {
	[ "$(cat /sys/module/oot_writer/parameters/done)" = Y ]
}

first() {
	prepare
	write_late
	echo 120000 >/sys/power/pm_freeze_timeout
	make_mount ext4 "$(disk d0)" /a
	make_mount ext4 "$(disk d1)" /b
	make_mount xfs "$(disk d2)" /c
	slow=d0 files=1
	case $PHASE in
	disk)
		# a disk that is written to directly is frozen by nobody
		slow=d3
		exec 9<>"$(disk d3)"
		;;
	layers)
		l=$(make_loop /a/image 16)
		make_mount ext4 "$l" /d
		mount -o remount,commit=1000 /d || verdict "remount"
		;;
	esac
	# after a commit of its own, the sync of the disk would wait for what the freeze is to wait for
	for w in /a /b; do mount -o remount,commit=1000 $w || verdict "remount"; done
	sync
	before=$(sectors_written $slow)
	case $PHASE in
	disk)
		big "$(disk d3)"
		sum=$(sum_of_d3)
		;;
	sync)
		for w in /a /b /c; do write_file $w/big 32; done
		files=2
		;;
	layers)
		write_file /a/big 32
		write_file /d/file 1
		;;
	freeze) modprobe oot_writer path=/a/file seconds=600 || verdict modprobe ;;
	esac
	slow_down
	echo 1 >/sys/kernel/tracing/events/power/wakeup_source_activate/enable || verdict "no trace of the wakeup"
	cat /sys/power/wakeup_count >/tmp/count
	cat /tmp/count >/sys/power/wakeup_count || verdict "wakeup_count"
	trigger "a wakeup in the midst of the $PHASE"
	# not suspend(), which clears the trace
	echo mem >/sys/power/state && verdict "it has gone to sleep"
	echo awake >/sys/kernel/tracing/trace_marker
	after=$(sectors_written $slow)
	grep -e wakeup_source_activate -e awake /sys/kernel/tracing/trace >/tmp/wakeup
	send wakeup /tmp/wakeup
	sed '/wakeup_source_activate/,$d' /sys/kernel/tracing/trace | grep filesystem_sleep >/tmp/until_wakeup
	send until_wakeup /tmp/until_wakeup
	[ "$PHASE" = freeze ] || [ $((after - before)) -lt 65536 ] || verdict "it has waited for the disk"
	say awake
	case $PHASE in
	disk)
		exec 9<&-
		sync
		echo 3 >/proc/sys/vm/drop_caches
		[ "$(sum_of_d3)" = "$sum" ] || verdict "wrong data"
		;;
	layers)
		write_file /d/more 1
		FLOOR=2 check_disk ext4 "$l" /d
		losetup -d "$l"
		;;
	freeze)
		is_done && verdict "the writer has ended"
		echo 1 >/sys/module/oot_writer/parameters/stop
		await "the writer does not end" is_done
		;;
	esac
	for w in /a /b /c; do write_file $w/more 1; done
	FLOOR=$files check_disk ext4 "$(disk d0)" /a
	FLOOR=$files check_disk ext4 "$(disk d1)" /b
	FLOOR=$files check_disk xfs "$(disk d2)" /c
	done_ok
}
