# shellcheck shell=dash
# What the command line has made of panic_step_timeout, and what a write makes of it
first() {
	parameter=/sys/module/kernel/parameters/panic_step_timeout
	trigger "the timeout is read"
	[ -e "$parameter" ] || verdict "there is no panic_step_timeout"
	say timeout "$(cat "$parameter")"
	echo "$WRITE" >"$parameter" && say written
	say now "$(cat "$parameter")"
	send_log
	verdict ok
}
