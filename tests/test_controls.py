"""What the series changes, side by side: on the base each of these has to come out as before.

A test that passes on the base proves nothing about the series. Both kernels run the same module,
tests/oot, which knows only panic_notifier_list and builds for both unchanged. On the base the order
is chosen by crash_kexec_post_notifiers, the only switch that it has.
"""

import re

import pytest

from oracle import events
from vm.machine import Failure, Kernel
from vm.notes import cpus

JOB = """
first() {
    %s
    echo 1 >/proc/sys/kernel/panic_on_oops
    modprobe oot_panic %s
    echo c >/proc/sysrq-trigger
}
dump() {
    send_vmcore_log
    send_pstore
    verdict ok
}
again() {
    send_pstore
    verdict ok
}
"""
ALL_FIRST = "crash_kexec_post_notifiers"


@pytest.fixture(params=["base", "series"])
def flavor(request):
    return request.param


@pytest.fixture
def kernel(arch, flavor):
    return Kernel(arch, flavor)


def dump(machine, kernel, module, append, **options):
    vm = machine(kernel, JOB % ("load_crash_kernel", module),
                 f"crashkernel={kernel.crashkernel}M panic=-1 {append}", **options)
    with vm:
        vm.wait_ok()
    assert vm.stages() == ["first", "dump"]
    return vm


def test_log_and_dump_by_default(kernel, flavor, machine):
    """The base has either the dump or the kmsg dumpers, the series both."""
    vm = dump(machine, kernel, "", kernel.ramoops(True))
    assert events(vm.text("dmesg")) == ["panic"]
    assert vm.has_file("dmesg-ramoops-0") == (flavor == "series")


def test_old_name_is_the_pre_reboot_list(kernel, flavor, machine):
    vm = dump(machine, kernel, "", f"{ALL_FIRST} panic_print=2 {kernel.ramoops(True)}")
    before, after = (["callback"], []) if flavor == "base" else ([], ["callback"])
    assert events(vm.text("dmesg")) == ["panic", *before, "panic_print", *after]
    assert events(vm.text("dmesg-ramoops-0")) == ["panic", *before, "panic_print"]


def test_registers_of_the_fault(kernel, flavor, machine):
    vm = dump(machine, kernel, "crash=oops", ALL_FIRST)
    address = int(re.search(r"oot_panic_fault is at (\w+)", vm.text("dmesg"))[1], 16)
    in_fault = [pc for _, pc in cpus(vm.file("notes"), kernel.arch) if 0 <= pc - address < 64]
    assert len(in_fault) == (1 if flavor == "series" else 0)


# A callback that goes wrong, and what the log in the dump then says. On the base each of these loses
# the dump: the panic starts again until the stack is full, or the task that panics is killed.
WRONG = {
    "fault": ("fault=1", "NULL pointer dereference"),
    "fault that would kill the task": ("fault=1; echo 0 >/proc/sys/kernel/panic_on_oops",
                                       "NULL pointer dereference"),
    "fault after an oops": ("fault=1 crash=oops", "NULL pointer dereference"),
    "panic": ("again=1", "while panicking: from a callback"),
    "warning over the limit": ("warn=1; echo 1 >/proc/sys/kernel/warn_limit", "oot_panic: has warned"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_callback_goes_wrong(kernel, flavor, machine, wrong):
    module, words = WRONG[wrong]
    if flavor == "series":
        vm = dump(machine, kernel, module, ALL_FIRST)
        assert words in vm.text("dmesg")
        assert vm.text("dmesg").count("oot_panic: callback") == 1
    else:
        try:
            # the panic that starts again may get to its dump all the same, once the stack is full
            assert dump(machine, kernel, module, ALL_FIRST, timeout=25).console().count("oot_panic: callback") > 1
        except Failure as failure:
            assert "the last stage reached was" in str(failure)


def test_callback_sets_a_taint_too_many(kernel, flavor, machine):
    """The base panics again, and runs all callbacks twice."""
    log = dump(machine, kernel, "warn=1", f"{ALL_FIRST} panic_on_taint=0x200").text("dmesg")
    assert log.count("Kernel panic") == log.count("oot_panic: callback") == (1 if flavor == "series" else 2)


@pytest.mark.parametrize("module", ["fault=1", "again=1"])
def test_callback_goes_wrong_without_a_crash_kernel(kernel, flavor, machine, module):
    """The series restarts, as panic= asks; the base hangs, or runs the callback again and again."""
    vm = machine(kernel, JOB % ("", module), f"panic=1 {ALL_FIRST}", timeout=25)
    with vm:
        try:
            vm.wait_end()
            restarted = True
        except Failure:
            restarted = False
    once = vm.console().count("oot_panic: callback") == 1
    assert (restarted and once) == (flavor == "series")
    assert vm.said() == ["stage first"]


@pytest.mark.parametrize("smp", [4])
def test_registers_of_cpus_that_panic_at_once(kernel, flavor, machine, smp):
    vm = dump(machine, kernel, "crash=all", ALL_FIRST, smp=smp)
    lost = kernel.arch == "arm64" and flavor == "base"
    assert (len(cpus(vm.file("notes"), kernel.arch)) == smp) == (not lost)


def test_console_shows_the_panic_if_a_callback_hangs(kernel, flavor, machine):
    vm = machine(kernel, JOB % ("", "crash=locked hang=1; :"), "panic=0", timeout=20)
    with vm:
        if flavor == "series":
            vm.wait_console("Kernel panic - not syncing: with the console locked")
        else:
            with pytest.raises(Failure, match="on the console within"):
                vm.wait_console("Kernel panic")
    assert vm.said() == ["stage first"]


def test_cpus_are_stopped_for_a_dump_only_with_a_crash_kernel(kernel, flavor, machine):
    vm = machine(kernel, JOB % ("", ""), f"panic=0 {ALL_FIRST}")
    with vm:
        vm.wait_console("---[ end Kernel panic")
    online = int(re.search(r"callback, (\d) CPUs online", vm.console())[1])
    assert online == (1 if flavor == "series" else 2)


def test_level_is_unknown_to_the_base(arch, machine):
    """What tests/test_level.py looks for does not come from elsewhere."""
    vm = machine(Kernel(arch, "base"), """
first() {
    dmesg >/tmp/dmesg
    send dmesg /tmp/dmesg
    ls /sys/module/kernel/parameters >/tmp/parameters
    send parameters /tmp/parameters
    [ -e /proc/sys/kernel/panic_notifiers_level ] && verdict "the base has the level"
    verdict ok
}
""", "panic_notifiers_level=5 crash_kexec_post_notifiers")
    with vm:
        vm.wait_ok()
    assert "is not a level" not in vm.text("dmesg")
    assert "deprecated" not in vm.text("dmesg")
    assert "crash_kexec_post_notifiers" in vm.text("parameters")
    assert "panic_notifiers_level" not in vm.text("parameters")
