"""Steps of a panic that hang: who ends that if there is no second CPU, or more than two. What hangs where is in test_survive.py."""

import time

import pytest

from conftest import ARCHES, LONG, SLEEPS_TOO, control, no_control
from vm import survive
from vm.oracle import OOPS, PANIC, STALE_CPUS, events


# All that hangs, as (what, how); in part, these
HANGS = [line for line in survive.lines() if line[1] in survive.HANGS]
IN_PART = {1: [("info", "hang"), ("kdump", "hang"), ("console", "hang")], 4: [("info", "hang")]}


def hangs(cpus):
    return [pytest.param(arch, *line, marks=[] if line in IN_PART[cpus] else LONG)
            for line in HANGS for arch in ARCHES
            if (arch == "x86_64" or line[1] != "hang_nmi") and (cpus > 1 or (arch, line[1]) == ("x86_64", "hang"))]


def is_before_kdump(fail):
    """Does it come at level 4 with a crash kernel? If not, there must be none for it to come to."""
    return fail not in ("post_reboot", "blink", "restart")


def options(kernel, case, **others):
    found = survive.options(kernel, case)
    found["append"] += f" {kernel.ramoops(True)}"
    found["variables"]["DUMPER"] = 1
    found["allows"] = [*found["allows"], STALE_CPUS, "NMI received for unknown reason"]
    return {**found, **others}


def watchdog(kernel, found, action):
    """The options of a machine with a hardware watchdog that is given 12 seconds and does this."""
    found["variables"]["WATCHDOG"] = 12
    found["files"] = [module for module in kernel.modules() if module.stem in ("watchdog", "i6300esb")]
    found["extra"] = ["-device", "i6300esb,id=watchdog", "-action", f"watchdog={action}"]
    return found


@pytest.mark.parametrize("arch, fail, how", hangs(1), indirect=["arch"])
@control("no verdict within", fail=["info"])
def test_one_cpu(kernel, start, fail, how):
    """Nobody watches a machine with one CPU. NMIs from outside do nothing at first; once the time is over, one ends the step."""
    case = (fail, how, 4, is_before_kdump(fail), 1)
    vm = start(kernel, "survive", smp=1, timeout=20 if kernel.flavor == "base" else 60, **options(kernel, case))

    def verdict():
        if "stage dump" not in vm.said() and vm.stages().count("again") == 0:
            vm.command_qmp("inject-nmi")
            time.sleep(0.5)
        return any(line.startswith("verdict ") for line in vm.said())

    with vm:
        vm.wait_said(f"trigger {fail} fails by hang")
        vm.wait_for("verdict", verdict)
        survive.require_survived(vm, case)


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@control("no verdict within")
def test_nmi_of_a_watchdog(kernel, start):
    """One CPU hangs, and a hardware watchdog that nobody feeds sends an NMI: kdump follows."""
    case = ("pre_reboot", "hang", 4, True, 1)
    vm = start(kernel, "survive", smp=1, timeout=30 if kernel.flavor == "base" else 90,
               **watchdog(kernel, options(kernel, case), "inject-nmi"))
    with vm:
        survive.require_survived(vm, case)


@SLEEPS_TOO
def test_reset_by_a_watchdog(kernel, start):
    """One CPU hangs without an NMI, and nothing in the machine ends that. A hardware watchdog restarts it; pstore has the log."""
    case = ("pre_reboot", "hang", 2, False, 1)
    vm = start(kernel, "survive", smp=1, **watchdog(kernel, options(kernel, case), "reset"))
    with vm:
        vm.command_qmp("query-status")
        vm.wait_said("stage again")
        vm.wait_verdict()
        events = [name for name, _ in vm.qmp_events()]
    vm.require(vm.stages() == ["first", "again"], f"it went through {vm.stages()}")
    vm.require("WATCHDOG" in events, "it was not the watchdog")
    vm.require("sysrq triggered crash" in vm.text("dmesg-ramoops-0"), "pstore has no record of the panic")


@pytest.mark.parametrize("arch, fail, how", hangs(4), indirect=["arch"])
@no_control("test_survive has the base with two CPUs")
def test_four_cpus(kernel, start, fail, how):
    case = (fail, how, 4, is_before_kdump(fail), 1)
    vm = start(kernel, "survive", smp=4, **options(kernel, case))
    with vm:
        survive.require_survived(vm, case)
    survive.require_cut_short(vm, case)


@pytest.mark.parametrize("arch, fail, oops", [
    ("x86_64", "console", 0), ("arm64", "console", 0), ("x86_64", "nmi_trigger_cpumask_backtrace", 1)], indirect=["arch"])
@control("no verdict within", arch=["x86_64"])
def test_all_cpus_at_once(kernel, start, fail, oops):
    """All CPUs panic or oops, and something hangs before they are stopped. None of them lets an interrupt in."""
    vm = start(kernel, "context", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level=2 panic_step_timeout=3 "
               "crash_kexec_post_notifiers panic_print=64", smp=4,
               variables={"CRASH": "all", "OOPS": oops, "ON_OOPS": 1, "FAIL": fail},
               wants=survive.WANTS, allows=[OOPS, STALE_CPUS],
               timeout=30 if kernel.flavor == "base" else 60)
    with vm:
        vm.wait_ok()
    vm.require("not finished after 3 s" in vm.text("dmesg"), "nothing has been cut short")


@pytest.mark.parametrize("arch, seconds, words", [
    ("x86_64", 0, None), ("arm64", 3, "not finished after 3 s"),
    pytest.param("x86_64", 3, "not finished after 3 s", marks=LONG), pytest.param("arm64", 0, None, marks=LONG)], indirect=["arch"])
@no_control("the base waits for ever")
def test_slow_callback(kernel, start, seconds, words):
    """A callback takes 8 s. If that is too long, the CPU in it comes back, but the panic has gone on without it."""
    vm = start(kernel, "fault", f"panic=10 panic_notifiers_level=4 panic_step_timeout={seconds}",
               variables={"FAIL": "hypervisor", "HOW": "slow"}, wants=[PANIC], allows=[OOPS, STALE_CPUS])
    with vm:
        vm.wait_end()
    console = vm.console()
    lists = [event for event in events(console) if event in ("hypervisor", "info", "pre_reboot")]
    vm.require(lists == ["hypervisor", "info", "pre_reboot"], f"the lists that have run are {lists}")
    found = "Recursive panic in hypervisor list, callback test_panic_notify" in console
    vm.require(found == bool(words) and (not words or words in console), "the step has not been cut short as it was to be")


@pytest.mark.parametrize("value, seconds", [
    ("", 10), ("7", 7), ("2", 10), *(pytest.param(*values, marks=LONG) for values in (("abc", 10), ("0", 0), ("-1", 10), ("5000000000", 10)))])
@control("there is no panic_step_timeout", value=["7"])
def test_timeout(kernel, start, value, seconds):
    """A number that is none, or too small, leaves the default, and a line says so."""
    vm = start(kernel, "timeout", f"panic_step_timeout={value}" if value else "", variables={"WRITE": "-2"}, wants=[])
    with vm:
        vm.wait_ok()
    assert [line for line in vm.said() if line.startswith(("timeout", "written", "now"))] == [
        f"timeout {seconds}", f"now {seconds}"]
    bad = value not in ("", "7", "0")
    assert (f"`{value}' invalid for parameter `panic_step_timeout'" in vm.text("log")) == bad
