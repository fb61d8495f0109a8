# shellcheck shell=dash
# For a kernel that is to panic before.
first() {
	verdict "it has booted"
}
