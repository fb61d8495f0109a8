# shellcheck shell=dash
# Puts the line of a complaint into the log, or on the console alone.
first() {
	trigger "a complaint in $WHERE"
	case $WHERE in
	log)
		echo "WARNING: CPU: 0 PID: 1 at test.c:1 test+0x0/0x10" >/dev/kmsg
		;;
	console)
		echo "BUG: scheduling while atomic: test/1/0x00000002" >/dev/kmsg
		dmesg -c >/dev/null
		;;
	nowhere) ;;
	esac
	verdict ok
}
