#!/bin/busybox sh
# shellcheck shell=dash
# PID 1 of UML, which has no port for verdicts. A callback of the list $FAULT of the command line faults.
/bin/busybox mount -t proc proc /proc
if [ -e /test_panic_notifiers.ko ]; then /bin/busybox insmod /test_panic_notifiers.ko "fail=$FAULT"; fi
echo "safestop trigger sysrq-c"
echo c >/proc/sysrq-trigger
