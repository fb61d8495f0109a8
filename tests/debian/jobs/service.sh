# shellcheck shell=dash disable=SC2317
# Goes to sleep by systemctl suspend while files are written. It runs in Debian and not below guest/init, so what that
# has for its jobs is here, as far as it is needed. Whether the kernel has complained is for the host to see.
. ./variables
. ./freeze.sh

disk() { # serial
	for d in /sys/block/vd*; do
		[ "$(cat "$d/serial")" = "$1" ] && echo "/dev/${d##*/}" && return
	done
	return 1
}

for p in /sys/class/virtio-ports/*; do
	[ "$(cat "$p/name")" != verdict ] || exec 7>"/dev/${p##*/}"
done

say() { # words
	echo "$NONCE $*" >&7
}

send() { # name, file
	say file "$1" "$(stat -c %s "$2")"
	cat "$2" >&7
}

trigger() { # words
	say trigger "$*"
	echo "safestop $NONCE trigger $*" >/dev/kmsg
}

verdict() { # words
	dmesg >/tmp/log
	send log /tmp/log
	say verdict "$*"
	exit
}

awake() {
	dmesg | grep "PM: suspend exit" >/dev/null
}

ended() {
	[ "$(systemctl is-active systemd-suspend.service)" != activating ]
}

say stage service
echo 60 >/proc/sys/kernel/hung_task_timeout_secs || verdict "no hung-task detector"
# systemd has mounted it already
umount /sys/kernel/tracing 2>/dev/null
trace_writes
start_writers /srv
trigger "systemctl suspend"
systemctl suspend || verdict "systemctl suspend failed"
# it does not wait for the sleep
await "no sleep" awake
slept mem
await "systemd-suspend.service does not end" ended
[ "$(systemctl show -p Result --value systemd-suspend.service)" = success ] || verdict "systemd-suspend.service failed"
stop_writers /srv
sync
verdict ok
