"""Callbacks that go wrong: they fault, panic or warn, and must cost neither the dump nor the restart.

oot_panic, which knows only panic_notifier_list and builds for both kernels unchanged, does this. On the base the
panic starts again and runs the callback again, until the stack is full, or the task that panics is killed.
"""

import re

import pytest

from conftest import control
from vm.notes import vmcoreinfo
from vm.oracle import OOPS, PANIC, events

CALLBACK = "oot_panic: callback"
WARNING = "WARNING: .*oot_panic_notify"


def wait(vm, what, condition):
    """Wait until condition() holds, as long as panic() goes on and does not start again."""
    def once():
        console = vm.console()
        vm.require(console.count(CALLBACK) < 2, "the callback has run again")
        vm.require(not re.search("note: .* exited with", console), "the task that panics has been killed")
        return condition()
    vm.wait_for(what, once)


def require_once(vm):
    count = vm.text("dmesg").count(CALLBACK)
    vm.require(count == 1, f"the callback has run {count} times")


# A callback that goes wrong, what the kernel complains of, and what the log in the dump says of it
WRONG = {
    "fault": ({"CALLBACK": "fault=1"}, [PANIC, OOPS], "NULL pointer dereference"),
    "fault that would kill the task": ({"CALLBACK": "fault=1", "ON_OOPS": 0}, [PANIC, OOPS],
                                       "NULL pointer dereference"),
    "panic": ({"CALLBACK": "again=1"}, [PANIC], "Recursive panic in pre_reboot list, callback oot_panic_notify"),
    "warning over the limit": ({"CALLBACK": "warn=1", "WARN_LIMIT": 1}, [PANIC, WARNING], "oot_panic: has warned"),
}


@pytest.mark.parametrize("wrong", WRONG)
@control("the callback has run again|the task that panics has been killed")
def test_callback_goes_wrong(kernel, start, wrong):
    variables, wants, words = WRONG[wrong]
    vm = start(kernel, "crash", f"crashkernel={kernel.crashkernel}M panic=-1 crash_kexec_post_notifiers",
               variables={"KDUMP": 1, **variables}, wants=wants)
    with vm:
        wait(vm, "dump", lambda: "verdict ok" in vm.said())
    vm.require(words in vm.text("dmesg"), f"the dump does not say '{words}'")
    require_once(vm)
    info = vmcoreinfo(vm.file("notes"))
    failed = None if "warn=1" in variables.values() else "oot_panic_notify [oot_panic]"
    vm.require((info.get("PANIC_STEP"), info.get("PANIC_CALLBACK")) == ("pre_reboot list", failed),
               f"vmcoreinfo says that {info.get('PANIC_CALLBACK')} of the {info.get('PANIC_STEP')} has failed")


@control("the callback has run again|no dump within")
def test_callback_faults_after_an_oops(kernel, start):
    """On the base of arm64 the oops of the callback waits for die_lock, which that of the panic holds."""
    vm = start(kernel, "crash", f"crashkernel={kernel.crashkernel}M panic=-1 crash_kexec_post_notifiers",
               variables={"KDUMP": 1, "CALLBACK": "fault=1", "CRASH": "oops"}, timeout=60,
               wants=[OOPS, "Kernel panic - not syncing: .*Fatal"])
    with vm:
        wait(vm, "dump", lambda: "verdict ok" in vm.said())
    require_once(vm)
    oopses = vm.text("dmesg").count("NULL pointer dereference")
    vm.require(oopses == 2, f"the dump has {oopses} oopses")


@control("the callback has run 2 times")
def test_callback_sets_a_taint_too_many(kernel, start):
    """The base panics again, and runs all callbacks twice."""
    vm = start(kernel, "crash", f"crashkernel={kernel.crashkernel}M panic=-1 crash_kexec_post_notifiers "
               "panic_on_taint=0x200", variables={"KDUMP": 1, "CALLBACK": "warn=1"}, wants=[PANIC, WARNING],
               allows=["Kernel panic - not syncing: panic_on_taint set"])
    with vm:
        vm.wait_ok()
    require_once(vm)
    count = vm.text("dmesg").count("Kernel panic")
    vm.require(count == 1, f"the log has {count} panics")


@pytest.mark.parametrize("callback, wants", [("fault=1", [PANIC, OOPS]), ("again=1", [PANIC])], ids=["fault", "panic"])
@control("the callback has run again")
def test_callback_goes_wrong_without_a_crash_kernel(kernel, start, callback, wants):
    """The series restarts, as panic= asks; the base hangs, or runs the callback again and again."""
    vm = start(kernel, "crash", "panic=1 crash_kexec_post_notifiers", variables={"CALLBACK": callback}, wants=wants)
    with vm:
        wait(vm, "restart", lambda: vm.process.poll() is not None)
    count = vm.console().count(CALLBACK)
    vm.require(count == 1, f"the callback has run {count} times")
    vm.require(vm.stages() == ["first"] and vm.triggers() == ["sysrq-c"], f"the guest has said {vm.said()}")


@pytest.mark.parametrize("fault", ["hypervisor", "info", "pre_reboot", "post_reboot"])
@control("the callback has run again", fault=["info"])
def test_post_reboot_list_even_after_a_fault(kernel, start, fault):
    """Without a crash kernel, what comes after a callback that faults runs as ever, up to the very end."""
    vm = start(kernel, "fault", "panic=0 panic_notifiers_level=4", variables={"FAIL": fault}, wants=[PANIC, OOPS])
    with vm:
        wait(vm, "end", lambda: "---[ end Kernel panic" in vm.console())
    lists = ["hypervisor", "info", "pre_reboot", "post_reboot"]
    found = [event for event in events(vm.console()) if event in lists]
    vm.require(found == lists, f"the lists that have run are {found}, not {lists}")
