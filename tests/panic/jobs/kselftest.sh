# shellcheck shell=dash
first() {
	trigger panic_level_tests.sh
	sh ./panic_level_tests.sh >/tmp/out 2>&1 && result=ok || result="panic_level_tests.sh failed: $(tail -n 1 /tmp/out)"
	send out /tmp/out
	verdict "$result"
}
