# shellcheck shell=dash
# Panics with a BMC, whose log of events is read by the crash kernel or after the restart. A callback of the list $FAULT
# faults.
first() {
	modprobe ipmi_msghandler panic_op=string
	modprobe ipmi_si || verdict "there is no BMC"
	[ -z "$KDUMP" ] || load_crash_kernel
	[ "$FLAVOR" = base ] || modprobe test_panic_notifiers "fail=$FAULT"
	trigger sysrq-c
	echo c >/proc/sysrq-trigger
}

look() {
	modprobe ipmi_si
	modprobe ipmi_devintf
	(cd / && cpio -i -d -m <"$(disk ipmitool)" 2>/dev/null)
	ipmitool sel list -v >/tmp/sel 2>&1 || {
		send sel /tmp/sel
		verdict "ipmitool cannot read the event log"
	}
	send sel /tmp/sel
	verdict ok
}

dump() {
	send_vmcore_log
	look
}
again() { look; }
