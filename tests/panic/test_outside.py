"""What somebody outside of the machine hears of a panic: the hypervisor by pvpanic, the BMC by IPMI."""

import pytest

from conftest import EVERY_LEVEL, control, no_control
from vm.kernel import BUILD
from vm.machine import drive
from vm.oracle import OOPS, PANIC, require_order


def modules(kernel, prefix):
    return [module for module in kernel.modules() if module.stem.replace("-", "_").startswith(prefix)]


@pytest.mark.parametrize("level", EVERY_LEVEL)
@control(r"the host has heard \[\]", level=[2])
def test_pvpanic(kernel, start, level):
    """The host hears of the panic before the crash kernel runs. On the base only if all callbacks run before kdump."""
    vm = start(kernel, "pvpanic", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level}",
               variables={"KDUMP": 1}, files=modules(kernel, "pvpanic"), extra=["-device", "pvpanic-pci"])
    with vm:
        vm.command_qmp("query-status")
        vm.wait_said("stage dump")
        captured = vm.verdict_file.stat().st_mtime
        vm.wait_ok()
        heard = [name for name, time in vm.qmp_events() if name.startswith("GUEST_") and time < captured]
    vm.require(heard == (["GUEST_CRASHLOADED"] if level else []), f"the host has heard {heard}")


@control("the order is panic, not")
def test_pvpanic_without_a_crash_kernel(kernel, start):
    """QEMU ends at PANICKED, which the base sends before it has printed all it has to say."""
    vm = start(kernel, "pvpanic", "panic=-1 panic_print=2", files=modules(kernel, "pvpanic"),
               extra=["-device", "pvpanic-pci"])
    with vm:
        vm.command_qmp("query-status")
        vm.wait_end()
        heard = [name for name, _ in vm.qmp_events() if name.startswith("GUEST_")]
    vm.require("GUEST_PANICKED" in heard, f"the host has heard {heard}")
    require_order(vm, vm.console(), ["panic", "hypervisor", "info", "panic_print", "pre_reboot"])


@pytest.fixture
def ipmi(start):
    """Runs a machine that has a BMC, and says whether the log of that has the panic."""
    def run(kernel, kdump, level, fault="", **options):
        vm = start(kernel, "ipmi", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level} "
                   f"{kernel.ramoops(False)}", variables={"KDUMP": "1" if kdump else "", "FAULT": fault},
                   files=modules(kernel, "ipmi"), reboots=True,
                   extra=["-device", "ipmi-bmc-sim,id=bmc", "-device", "isa-ipmi-kcs,bmc=bmc",
                          *drive("ipmitool", BUILD / "ipmitool.cpio", ",readonly=on")], **options)
        with vm:
            vm.wait_ok()
        vm.require(vm.stages() == ["first", "dump" if kdump else "again"], f"it went through {vm.stages()}")
        return vm, "OS Critical Stop" in vm.text("sel")
    return run


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("level", [2, 4])
@pytest.mark.parametrize("kdump", [False, True], ids=["reboot", "kdump"])
@control("the BMC has not logged", level=[4], kdump=[True])
def test_ipmi(kernel, ipmi, level, kdump):
    """The event log of the BMC is asked by the crash kernel or after the restart."""
    vm, logged = ipmi(kernel, kdump, level)
    vm.require(logged == (not kdump or level == 4), f"the BMC has {'' if logged else 'not '}logged the panic")


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("kdump", [False, True], ids=["reboot", "kdump"])
@no_control("on the base a callback that faults costs dump and restart, and so the look; see test_faults.py")
def test_ipmi_before_a_fault(kernel, ipmi, kdump):
    """A callback of the info list faults. IPMI has come before that only if there is no crash kernel."""
    vm, logged = ipmi(kernel, kdump, 4, fault="info", wants=[PANIC, OOPS])
    vm.require(logged == (not kdump), f"the BMC has {'' if logged else 'not '}logged the panic")
