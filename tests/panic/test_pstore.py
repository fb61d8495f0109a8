"""The kernel's own selftests of pstore, unchanged, with and without kdump."""

import re

import pytest

from conftest import LONG, control
from vm.kernel import BUILD
from vm.machine import drive
from vm.oracle import PANIC

RECORD = "Checking dmesg files exist in pstore filesystem"
# sysrq-c is no oops, so that no record has the end marker of one; on the base neither. For files it is tested one by one.
CHECKS = {
    RECORD: True,
    "Checking console files exist in pstore filesystem": True,
    "Checking pmsg files exist in pstore filesystem": True,
    "Checking console file contains oops end marker": False,
    "Checking pmsg file properly keeps the content written before crash": True,
}


@pytest.mark.parametrize("kdump", [False, True], ids=["restart", "kdump"])
@pytest.mark.parametrize("level", [pytest.param(0, marks=LONG), 2, 4])
# arm64's base has no filesystem that could keep the state
@control("^pstore has no record of the panic", level=[2], kdump=[True], arch=["x86_64"])
def test_selftests(kernel, machine, level, kdump):
    selftests = kernel.source / "tools/testing/selftests/pstore"
    vm = machine(kernel, "pstore", f"panic_notifiers_level={level} {kernel.ramoops(True)}"
                 + (f" crashkernel={kernel.crashkernel}M" if kdump else ""),
                 variables={"KDUMP": "1" if kdump else ""}, reboots=True, wants=[PANIC],
                 files=[*kernel.modules(), *(file for file in selftests.iterdir() if re.match("pstore_|common_", file.name))],
                 extra=[*drive("fstools", BUILD / f"fstools-{kernel.arch}.cpio", ",readonly=on"),
                        *drive("state", machine.disk("state", 16))])
    with vm:
        vm.wait_ok()
    vm.require(vm.stages() == ["first", *(["dump"] if kdump else []), "again"], f"it went through {vm.stages()}")
    said = dict(re.findall(r"^(Checking.*) \.\.\. (ok|FAIL)$", vm.text("pstore_post_reboot_tests"), re.M))
    found = {check: said.get(check) == "ok" for check in CHECKS}
    recorded = not kdump or level > 0
    vm.require(found[RECORD] or not recorded, "pstore has no record of the panic")
    vm.require(found == {**CHECKS, RECORD: recorded}, f"the selftests have said {said}")
