# shellcheck shell=dash
# No thread can be made, and no program started, so the rescuer of the jobs' workqueue is called. Most of what is synced is on a
# disk that takes its time, $MIB for each of ten filesystems, more than there are idle workers. $CASE: in "for a while", the two
# others are synced before half of that is; in "all the time", one has to come after the other.
. ./freeze.sh
. ./stages.sh

# the rescuer has the name of its workqueue
find_rescuer() {
	for p in /proc/[0-9]*; do
		[ "$(cat "$p/comm")" != pm_freeze ] || rescuer=$p
	done 2>/dev/null
	[ -n "$rescuer" ] || [ "$FLAVOR" = base ] || verdict "there is no rescuer"
}

mib_written() { # serial
	echo $(($(sectors_written "$(disk "$1")") / 2048))
}

# The flusher writes data by itself, but it is the sync that flushes the disk.
flushes() { # serial
	awk '{ print $16 }' "/sys/block/$(basename "$(disk "$1")")/stat"
}

both_are_synced() {
	[ "$(flushes d0)" != "$before_d0" ] && [ "$(flushes d1)" != "$before_d1" ]
}

mount_ext4() { # serial, directory
	make_fs ext4 "$(disk "$1")"
	mount -t ext4 -o noinit_itable,commit=1000 "$(disk "$1")" "$2" || verdict "mount of $2"
}

watch() {
	# shellcheck disable=SC3045
	read -r -t 2 _ <>/tmp/never
	[ -z "$rescuer" ] || read -r waits <"$rescuer/wchan"
	echo "$waits" >/tmp/waits
	[ "$CASE" = "for a while" ] || return
	echo "$threads" >/proc/sys/kernel/threads-max
	until both_are_synced; do sleep 0.1; done
	mib_written slow >/tmp/meanwhile
}

first() {
	prepare
	mkdir /k
	# nothing is written before the sleep
	echo 90 >/proc/sys/vm/dirty_ratio
	echo 60 >/proc/sys/vm/dirty_background_ratio
	echo 60000 >/proc/sys/vm/dirty_expire_centisecs
	mount_ext4 d0 /a
	for i in 0 1 2 3 4 5 6 7 8 9; do
		dmsetup create "K$i" --table "0 65536 linear $(disk slow) $((i * 65536))"
		mkfs.minix "/dev/mapper/K$i" >/dev/null || verdict "mkfs.minix"
		mkdir "/k/$i"
		mount -t minix "/dev/mapper/K$i" "/k/$i" || verdict "mount of minix"
	done
	mount_ext4 d1 /b
	sync
	before_d0=$(flushes d0)
	before_d1=$(flushes d1)
	before_slow=$(mib_written slow)
	for d in /a /b /k/*; do write_file "$d/file" "$MIB"; done
	find_rescuer
	threads=$(cat /proc/sys/kernel/threads-max)
	mkfifo /tmp/never
	trigger "suspend with data for a slow disk, while no thread can be made"
	watch &
	echo 20 >/proc/sys/kernel/threads-max
	echo mem >/sys/power/state || verdict "no suspend"
	echo "$threads" >/proc/sys/kernel/threads-max
	wait
	slept mem
	say waits "$(cat /tmp/waits)"
	# the base syncs one after the other, always
	[ "$FLAVOR" = base ] || [ "$CASE" = "all the time" ] || [ "$(cat /tmp/meanwhile)" -lt $((before_slow + 5 * MIB)) ] ||
		verdict "the others have waited for the slow disk"
	FLOOR=1 check_disk ext4 "$(disk d0)" /a
	FLOOR=1 check_disk ext4 "$(disk d1)" /b
	done_ok
}
