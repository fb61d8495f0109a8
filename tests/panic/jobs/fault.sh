# shellcheck shell=dash
# A callback of the list $FAIL faults, or fails as $HOW says; the base has one list only.
first() {
	if [ "$FLAVOR" = base ]; then
		modprobe oot_panic fault=1
	else
		modprobe test_panic_notifiers "fail=$FAIL" "how=${HOW:-fault}"
	fi
	trigger "sysrq-c"
	echo c >/proc/sysrq-trigger
}
