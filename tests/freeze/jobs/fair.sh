# shellcheck shell=dash
# Four tasks write to a filesystem that is frozen and thawed without a pause. No sleep: it is about who gets on.
. ./freeze.sh

first() {
	prepare
	make_mount "$FS" "$(disk d0)" /a
	mkdir /a/1 /a/2 /a/3 /a/4
	start_writers /a/1 /a/2 /a/3 /a/4
	trigger "freezes and thaws without a pause"
	/job/tasks refreeze /a >/tmp/times &
	for _ in 1 2 3 4 5; do check_progress /a/1 /a/2 /a/3 /a/4; done
	stop_writers /a/1 /a/2 /a/3 /a/4
	say "frozen $(cat /tmp/times) times"
	[ "$(cat /tmp/times)" -ge 5 ] || verdict "frozen only $(cat /tmp/times) times"
	for w in 1 2 3 4; do cat /a/$w/sum.*; done >/a/sum.all
	FLOOR=32 check_disk "$FS" "$(disk d0)" /a
	done_ok
}
