# shellcheck shell=dash
# The upper filesystem discards what has been deleted as it is frozen, when user space is so already.
. ./freeze.sh

first() {
	prepare
	write_soon
	make_fs ext4 "$(disk d0)"
	# a thread that initializes inode tables may keep the base awake
	mount -t ext4 -o noinit_itable "$(disk d0)" /b || verdict "mount"
	l=$(make_loop /b/file 256)
	make_fs ext4 "$l"
	mount -t ext4 -o discard,commit=1000,noinit_itable "$l" /a || verdict "mount"
	number=$(tr : , <"/sys/block/${l##*/}/dev")
	# when filesystems begin to be synced; on the base, when tasks begin to be frozen
	begins="filesystem_sleep: syncing .* begin"
	[ "$FLAVOR" = series ] || begins="freeze_processes.* begin"
	start_writers /b
	write_file /a/data 4
	pile_up /b
	for _ in 1 2 3 4 5; do
		n=0
		while [ $n -lt 200 ]; do
			n=$((n + 1))
			head -c 8192 /dev/zero >/a/$n
		done
		sync -f /a
		rm /a/*[13579]
		rm /a/[1-9]*
		trigger "suspend with discards to be done"
		# not suspend(), which clears the trace
		error=$({ echo mem >/sys/power/state; } 2>&1) || verdict "no suspend: ${error##*: }"
		awk -v disk="$number" -v begins="$begins" '
			$0 ~ begins { asleep = 1 }
			/filesystem_sleep: thawing .* begin|thaw_processes.* begin/ { asleep = 0 }
			asleep && $0 ~ "block_rq_issue: " disk " D" { n++ }
			END { print n + 0 }
		' /sys/kernel/tracing/trace >/tmp/discards
		say "discards $(cat /tmp/discards)"
		[ "$(cat /tmp/discards)" -gt 0 ] || verdict "nothing is discarded as the system goes to sleep"
		slept mem
		say awake
	done
	stop_writers /b
	FLOOR=1 check_disk ext4 "$l" /a
	losetup -d "$l"
	check_disk ext4 "$(disk d0)" /b
	done_ok
}
