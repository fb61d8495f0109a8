"""The order of panic(), for each level, with and without a crash kernel and a kmsg dumper."""

import re

import pytest

from oracle import events, events_before_kdump
from vm.notes import cpus

CRASH = """
first() {
    %s
    [ -z "$LEVEL" ] || echo "$LEVEL" >/proc/sys/kernel/panic_notifiers_level
    sh ./panic_crash_test.sh
}
dump() {
    send_vmcore_log
    send_pstore
    { echo %d; echo 1; echo %d; sed -n 's/.*panic_crash_test \\([-0-9a-f]*\\)$/\\1/p' /tmp/dmesg; } >crash_state
    LOG=/tmp/dmesg sh ./panic_post_crash_tests.sh >&7 && verdict ok
    verdict "panic_post_crash_tests failed"
}
again() {
    send_pstore
    verdict ok
}
"""


# What lockdep, KASAN and DEBUG_ATOMIC_SLEEP say; with DEBUG=1 these are on
REPORT = re.compile(r"WARNING: |BUG: |INFO: .*lock|KASAN|scheduling while atomic")


@pytest.mark.parametrize("dumper", [False, True], ids=["no-dumper", "dumper"])
@pytest.mark.parametrize("level", range(5))
def test_kdump(series, machine, level, dumper):
    job = CRASH % ("load_crash_kernel", level, dumper)
    vm = machine(series, job, f"crashkernel={series.crashkernel}M panic=-1 panic_print=2 "
                 f"panic_notifiers_level={level} {series.ramoops(dumper)}")
    with vm:
        vm.wait_ok()
    assert vm.stages() == ["first", "dump"]
    assert not REPORT.findall(vm.console() + vm.text("dmesg"))
    expected = events_before_kdump(level, dumper)
    assert events(vm.text("dmesg")) == expected
    assert len(cpus(vm.file("notes"), series.arch)) == 2
    # The dumper has run, with the lists before it in its record, if the info step has.
    assert vm.has_file("dmesg-ramoops-0") == (dumper and "info" in expected)
    if vm.has_file("dmesg-ramoops-0"):
        assert events(vm.text("dmesg-ramoops-0")) == ["panic", "hypervisor", "info", "panic_print"]
        assert "Kernel Offset" in vm.text("dmesg-ramoops-0")


@pytest.mark.parametrize("dumper", [False, True], ids=["no-dumper", "dumper"])
@pytest.mark.parametrize("level", range(5))
def test_no_crash_kernel(series, machine, level, dumper):
    vm = machine(series, CRASH % ("", level, dumper),
                 f"panic=0 panic_print=2 panic_notifiers_level={level} {series.ramoops(dumper)}",
                 reboots=True)
    with vm:
        vm.wait_console("---[ end Kernel panic")
        vm.command_qmp("system_reset")
        vm.wait_ok()
    assert vm.stages() == ["first", "again"]
    assert not REPORT.findall(vm.console())
    everything = ["panic", "hypervisor", "info", "panic_print", "pre_reboot", "post_reboot", "end"]
    assert events(vm.text("console-ramoops-0")) == everything
    assert vm.has_file("dmesg-ramoops-0") == dumper
    if dumper:
        assert events(vm.text("dmesg-ramoops-0")) == ["panic", "hypervisor", "info", "panic_print"]


def test_reboot_comes_before_post_reboot(series, machine):
    vm = machine(series, CRASH % ("", 2, True), f"panic=-1 {series.ramoops(True)}", reboots=True)
    with vm:
        vm.wait_ok()
    assert vm.stages() == ["first", "again"]
    assert events(vm.text("console-ramoops-0")) == ["panic", "hypervisor", "info", "pre_reboot"]
