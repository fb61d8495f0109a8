# shellcheck shell=dash
# Reads the list of callbacks while a module comes and goes.
first() {
	while :; do
		modprobe test_panic_notifiers
		modprobe -r test_panic_notifiers
	done &
	trigger "cat panic_notifiers"
	seen=0
	i=0
	while [ $i -lt 300 ]; do
		cat /sys/kernel/debug/panic_notifiers >/tmp/notifiers || verdict "panic_notifiers cannot be read"
		grep -q rcu_panic /tmp/notifiers || verdict "panic_notifiers lacks rcu_panic"
		grep -q test_panic_notifiers /tmp/notifiers && seen=$((seen + 1))
		i=$((i + 1))
	done
	if [ $seen = 0 ] || [ $seen = 300 ]; then verdict "the module was in $seen of 300 lists"; fi
	verdict ok
}
