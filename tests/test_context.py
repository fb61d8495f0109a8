"""Panics from every context, and the registers that the dump then shows."""

import re

import pytest

from oracle import events, lists_before_kdump
from vm.machine import Kernel
from vm.notes import cpus

DUMP = """
dump() {
    send_vmcore_log
    verdict ok
}
"""


def crash(series, machine, command, level, smp=2, append="", host=None):
    job = DUMP + f"""
first() {{
    load_crash_kernel
    {command}
    sleep 30
    verdict "still running after the crash"
}}
"""
    vm = machine(series, job, f"crashkernel={series.crashkernel}M panic=-1 "
                 f"panic_notifiers_level={level} {append}", smp=smp)
    with vm:
        if host:
            host(vm)
        vm.wait_ok()
    assert vm.stages() == ["first", "dump"]
    return vm


@pytest.mark.parametrize("level", [0, 1, 2, 4])
@pytest.mark.parametrize("context", ["process", "softirq", "hardirq"])
def test_panic(series, machine, context, level):
    vm = crash(series, machine, f"modprobe test_panic_notifiers crash={context}", level)
    assert f"Kernel panic - not syncing: crash in {context} context" in vm.text("dmesg")
    assert events(vm.text("dmesg")) == ["panic", *lists_before_kdump(level, dumper=False)]
    assert len(cpus(vm.file("notes"), series.arch)) == 2


@pytest.mark.parametrize("level", [0, 1, 2, 4])
def test_panic_in_nmi(machine, level):
    vm = crash(Kernel("x86_64"), machine, "modprobe test_panic_notifiers; say loaded", level,
               append="unknown_nmi_panic",
               host=lambda vm: (vm.wait_said("loaded"), vm.command_qmp("inject-nmi")))
    assert "Kernel panic - not syncing: NMI: Not continuing" in vm.text("dmesg")
    assert events(vm.text("dmesg")) == ["panic", *lists_before_kdump(level, dumper=False)]
    assert len(cpus(vm.file("notes"), "x86_64")) == 2


@pytest.mark.parametrize("level", [0, 2, 4])
def test_four_cpus_at_once(series, machine, level):
    vm = crash(series, machine, "modprobe test_panic_notifiers crash=all", level, smp=4)
    assert events(vm.text("dmesg")) == ["panic", *lists_before_kdump(level, dumper=False)]
    assert vm.text("dmesg").count("Kernel panic - not syncing") == 1
    assert len(cpus(vm.file("notes"), series.arch)) == 4


def in_fault(vm):
    """The CPUs in the dump that are in test_panic_fault()."""
    address = int(re.search(r"test_panic_fault is at (\w+)", vm.text("dmesg"))[1], 16)
    return [pid for pid, pc in cpus(vm.file("notes"), vm.kernel.arch) if 0 <= pc - address < 64]


OOPS = {
    "process": "echo 1 >/proc/sys/kernel/panic_on_oops; modprobe test_panic_notifiers oops=1 crash=process",
    "softirq": "modprobe test_panic_notifiers oops=1 crash=softirq",
    "hardirq": "modprobe test_panic_notifiers oops=1 crash=hardirq",
    "init": "exec modprobe test_panic_notifiers oops=1 crash=process",
}


@pytest.mark.parametrize("level", range(5))
@pytest.mark.parametrize("context", OOPS)
def test_oops_shows_the_fault(series, machine, context, level):
    vm = crash(series, machine, OOPS[context], level)
    # At level 0 the oops goes to kdump without a word from panic().
    expected = ["panic", *lists_before_kdump(level, dumper=False)] if level else []
    assert events(vm.text("dmesg")) == expected
    assert len(in_fault(vm)) == 1
    assert len(cpus(vm.file("notes"), series.arch)) == 2
