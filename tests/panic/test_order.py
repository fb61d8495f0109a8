"""The order of panic(), for each level, with and without a crash kernel and a kmsg dumper."""

import re

import pytest

from conftest import ARCHES, EVERY_LEVEL, LONG, ONE_ARCH, control, no_control
from vm.oracle import events_before_kdump, require_cpus, require_order

RECORD = ["panic", "hypervisor", "info", "panic_print"]


def require_record(vm, wanted):
    found = vm.has_file("dmesg-ramoops-0")
    vm.require(found == wanted, f"pstore has {'a' if found else 'no'} record of the panic")


@pytest.mark.parametrize("dumper", [False, True], ids=["no-dumper", "dumper"])
@pytest.mark.parametrize("arch, level", [
    pytest.param(arch, level, marks=LONG if arch == "arm64" and level in (0, 1, 4) else []) for arch in ARCHES for level in range(5)],
    indirect=["arch"])
@control("pstore has no record", level=[3], dumper=[True])
def test_kdump(kernel, start, level, dumper):
    vm = start(kernel, "order", f"crashkernel={kernel.crashkernel}M panic=-1 panic_print=2 "
               f"panic_notifiers_level={level} {kernel.ramoops(dumper)}",
               variables={"KDUMP": 1, "LEVEL": level, "DUMPER": int(dumper)})
    with vm:
        vm.wait_ok()
    # The dumper has run, with the lists before it in its record, if the info step has.
    expected = events_before_kdump(level, dumper)
    require_record(vm, dumper and "info" in expected)
    if vm.has_file("dmesg-ramoops-0"):
        require_order(vm, vm.text("dmesg-ramoops-0"), RECORD)
        vm.require("Kernel Offset" in vm.text("dmesg-ramoops-0"), "the record does not say the offset of the kernel")
    require_order(vm, vm.text("dmesg"), expected)
    require_cpus(vm, 2)


@control("pstore has no record")
def test_log_and_dump_by_default(kernel, start):
    """The base has either the dump or the kmsg dumpers, the series both."""
    vm = start(kernel, "crash", f"crashkernel={kernel.crashkernel}M panic=-1 {kernel.ramoops(True)}",
               variables={"KDUMP": 1})
    with vm:
        vm.wait_ok()
    require_record(vm, True)
    require_order(vm, vm.text("dmesg"), ["panic"])


@control("the order is panic, callback, panic_print, not")
def test_old_name_is_the_pre_reboot_list(kernel, start):
    vm = start(kernel, "crash", f"crashkernel={kernel.crashkernel}M panic=-1 panic_print=2 crash_kexec_post_notifiers "
               f"{kernel.ramoops(True)}", variables={"KDUMP": 1})
    with vm:
        vm.wait_ok()
    require_order(vm, vm.text("dmesg"), ["panic", "panic_print", "callback"])
    require_order(vm, vm.text("dmesg-ramoops-0"), ["panic", "panic_print"])


@pytest.mark.parametrize("dumper", [False, True], ids=["no-dumper", "dumper"])
@pytest.mark.parametrize("level", EVERY_LEVEL)
@ONE_ARCH
@no_control("the base runs everything, too; test_old_name_is_the_pre_reboot_list compares the order")
def test_no_crash_kernel(kernel, start, level, dumper):
    vm = start(kernel, "order", f"panic=0 panic_print=2 panic_notifiers_level={level} {kernel.ramoops(dumper)}",
               reboots=True)
    with vm:
        vm.wait_console("---[ end Kernel panic")
        vm.command_qmp("system_reset")
        vm.wait_ok()
    vm.require(vm.stages() == ["first", "again"], f"it went through {vm.stages()}")
    require_order(vm, vm.text("console-ramoops-0"), [*RECORD, "pre_reboot", "post_reboot", "end"])
    require_record(vm, dumper)
    if dumper:
        require_order(vm, vm.text("dmesg-ramoops-0"), RECORD)


@no_control("the base has no post_reboot list")
def test_reboot_comes_before_post_reboot(kernel, start):
    vm = start(kernel, "order", f"panic=-1 {kernel.ramoops(True)}", reboots=True)
    with vm:
        vm.wait_ok()
    vm.require(vm.stages() == ["first", "again"], f"it went through {vm.stages()}")
    require_order(vm, vm.text("console-ramoops-0"), ["panic", "hypervisor", "info", "pre_reboot"])


@control("2 CPUs are online in the callback")
def test_cpus_are_stopped_for_a_dump_only_with_a_crash_kernel(kernel, start):
    """Without one they are taken offline, as for a restart."""
    vm = start(kernel, "crash", "panic=0 crash_kexec_post_notifiers")
    with vm:
        vm.wait_console("---[ end Kernel panic")
    online = re.search(r"callback, (\d) CPUs online", vm.console())[1]
    vm.require(online == "1", f"{online} CPUs are online in the callback")
