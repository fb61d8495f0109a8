# shellcheck shell=dash
# For the jobs that ask what a sleep waits for. They source it after freeze.sh.

seconds() {
	cut -d. -f1 /proc/uptime
}

# Goes to sleep and comes back within a time that is far from how long a kernel waits that waits at all.
suspend_within() { # seconds, what to write to /sys/power/state
	begin=$(seconds)
	suspend "$2" || verdict "no suspend: $error"
	took=$(($(seconds) - begin))
	say "the sleep took $took s"
	[ $took -le $(($1 * ${SLOW:-1})) ] || verdict "the sleep took $took s"
}

# The sleep is refused, and no later than that.
refused_within() { # seconds, what to write to /sys/power/state
	begin=$(seconds)
	suspend "$2" && verdict "it has gone to sleep"
	took=$(($(seconds) - begin))
	say "the refusal took $took s"
	[ $took -le $(($1 * ${SLOW:-1})) ] || verdict "the refusal took $took s"
}

# A task of this id cannot be killed: it waits for a disk.
is_blocked() { # pid
	grep -q -s "^State:.D" "/proc/$1/status"
}

sectors_written() { # block device
	awk '{ print $7 }' "/sys/block/${1##*/}/stat"
}

has_ended() { # pid
	[ ! -e "/proc/$1" ] || grep -q -s "^State:.Z" "/proc/$1/status"
}

LUKS_KEY=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

# /dev/mapper/luks, the device that cryptsetup makes
make_luks() { # block device
	modprobe -a aes_generic cbc dm-crypt || verdict "modprobe"
	dmsetup create luks --table "0 1048576 crypt aes-cbc-plain64 $LUKS_KEY 0 $1 0" || verdict "dm-crypt"
}
