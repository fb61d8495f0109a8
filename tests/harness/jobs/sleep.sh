# shellcheck shell=dash
# A sleep of which nobody counts the writes, one of which nobody tells, one that is refused, and a machine that cannot trace
. ./freeze.sh
first() {
	# a kernel without tracefs
	[ "$WRONG" != no_trace ] || mount -t tmpfs tmpfs /sys/kernel
	prepare
	trigger "$WRONG"
	case $WRONG in
	not_counted)
		make_mount ext4 "$(disk d0)" /a
		echo mem >/sys/power/state || verdict "no suspend"
		say slept mem
		;;
	not_told)
		make_mount ext4 "$(disk d0)" /a
		echo mem >/sys/power/state || verdict "no suspend"
		;;
	refused)
		echo none >/sys/power/pm_test
		make_mount ext4 "$(disk d0)" /a
		suspend nonsense && verdict "nonsense is taken"
		verdict "refused"
		;;
	esac
	verdict ok
}
