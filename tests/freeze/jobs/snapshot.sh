# shellcheck shell=dash
# Hibernation as s2disk does it, with /dev/snapshot and the image on the disk "swap"
. ./freeze.sh

go_to_sleep() {
	mark_resume snapshot
	/job/snapshot save "$(disk swap)" || verdict "no image"
	slept snapshot
}

first() {
	prepare
	sleep_with_four /dev/snapshot
}

resume() {
	/job/snapshot restore "$(disk swap)" || verdict "the image cannot be restored"
}
