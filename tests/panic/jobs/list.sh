# shellcheck shell=dash
# What debugfs says of the callbacks
first() {
	[ -e /sys/kernel/debug/clear_warn_once ] || verdict "there is no debugfs"
	modprobe pvpanic-pci || verdict "there is no pvpanic"
	trigger "cat panic_notifiers"
	[ -e /sys/kernel/debug/panic_notifiers ] || verdict "there is no list of callbacks"
	modprobe test_panic_notifiers
	send notifiers /sys/kernel/debug/panic_notifiers
	ls -l /sys/kernel/debug/panic_notifiers >/tmp/mode
	send mode /tmp/mode
	(echo x >/sys/kernel/debug/panic_notifiers) 2>/dev/null && verdict "panic_notifiers can be written"
	verdict ok
}
