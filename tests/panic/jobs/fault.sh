# shellcheck shell=dash
# A callback of the list $FAULT faults; the base has one list only.
first() {
	if [ "$FLAVOR" = base ]; then
		modprobe oot_panic fault=1
	else
		modprobe test_panic_notifiers "fail=$FAULT"
	fi
	trigger "sysrq-c"
	echo c >/proc/sysrq-trigger
}
