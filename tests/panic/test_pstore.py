"""The kernel's own selftests of pstore, unchanged, with and without kdump."""

import re

import pytest

from conftest import control
from vm.kernel import BUILD
from vm.machine import drive

# sysrq-c is no oops, so that there is no end marker of one in any record; on the base neither
NO_OOPS = {"Checking dmesg files contain oops end marker", "Checking console file contains oops end marker"}


@pytest.mark.parametrize("kdump", [False, True], ids=["restart", "kdump"])
@pytest.mark.parametrize("level", [0, 2, 4])
@control("^pstore has no record of the panic", level=[2], kdump=[True])
def test_selftests(kernel, start, machine, level, kdump):
    selftests = kernel.source / "tools/testing/selftests/pstore"
    vm = start(kernel, "pstore", f"panic_notifiers_level={level} {kernel.ramoops(True)}"
               + (f" crashkernel={kernel.crashkernel}M" if kdump else ""),
               variables={"KDUMP": "1" if kdump else ""}, reboots=True,
               files=[*kernel.modules(), *(file for file in selftests.iterdir() if re.match("pstore_|common_", file.name))],
               extra=[*drive("fstools", BUILD / f"fstools-{kernel.arch}.cpio", ",readonly=on"),
                      *drive("state", machine.disk("state", 16))])
    with vm:
        vm.wait_ok()
    vm.require(vm.stages() == ["first", *(["dump"] if kdump else []), "again"], f"it went through {vm.stages()}")
    said = vm.text("pstore_post_reboot_tests")
    failed = {line.split(" ... ")[0].strip() for line in re.findall(r"^(Checking.*FAIL|Removing.*FAIL)$", said, re.M)} - NO_OOPS
    without_record = kdump and level == 0
    vm.require("Checking dmesg files exist in pstore filesystem" not in failed or without_record,
               "pstore has no record of the panic")
    vm.require(failed == ({"Checking dmesg files exist in pstore filesystem"} if without_record else set()),
               f"these have failed: {failed}")
