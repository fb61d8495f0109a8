# shellcheck shell=dash
# Crashes after $VALUE has been written to $FILE, and says what the level of the crash kernel is. With $TWICE that one
# crashes, too, and has no crash kernel of its own.
level=/proc/sys/kernel/panic_notifiers_level

crash() { # where
	[ "$FLAVOR" = base ] || modprobe test_panic_notifiers
	trigger "sysrq-c $1"
	echo c >/proc/sysrq-trigger
}

first() {
	load_crash_kernel
	if [ -n "$FILE" ]; then
		trigger "$VALUE to $FILE"
		[ -e "$FILE" ] || verdict "there is no ${FILE##*/}"
		# a level that is refused stays as it was
		echo "$VALUE" >"$FILE"
	fi
	crash "in the first kernel"
}

dump() {
	send_vmcore_log
	[ -z "$TWICE" ] || crash "in the crash kernel"
	[ -e $level ] || verdict "the crash kernel has no panic_notifiers_level"
	say level "$(cat $level)"
	verdict ok
}
