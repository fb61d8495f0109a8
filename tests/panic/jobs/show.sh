# shellcheck shell=dash
# What the command line has made of the level
first() {
	# without the name, which the test looks for in the log
	trigger "the level is read"
	[ -e /proc/sys/kernel/panic_notifiers_level ] || verdict "there is no panic_notifiers_level"
	say level "$(cat /proc/sys/kernel/panic_notifiers_level)"
	say parameter "$(cat /sys/module/kernel/parameters/panic_notifiers_level)"
	say switch "$(cat /sys/module/kernel/parameters/crash_kexec_post_notifiers)"
	send_log
	verdict ok
}
