# shellcheck shell=dash
# Panics with the console locked, and a callback that hangs.
first() {
	trigger "a panic with the console locked"
	modprobe oot_panic crash=locked hang=1
	verdict "still running with the console locked"
}
