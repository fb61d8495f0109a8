"""The kernel's own selftests of pstore, unchanged, with and without kdump; and the stores that machines have."""

import re
import shutil

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


@pytest.mark.parametrize("arch, kdump", [
    ("x86_64", False), ("x86_64", True), pytest.param("arm64", False, marks=LONG), ("arm64", True)],
    ids=["x86_64-restart", "x86_64-kdump", "arm64-restart", "arm64-kdump"], indirect=["arch"])
@pytest.mark.parametrize("level", [pytest.param(0, marks=LONG), 2, pytest.param(4, marks=LONG)])
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


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("store", ["erst", "efi"])
@control("pstore has no record of the panic")
def test_stores(kernel, machine, store):
    """At the default level the panic is in the firmware's store although there is a dump."""
    if store == "erst":
        extra = ["-object", f"memory-backend-file,id=erst,share=on,size=64K,mem-path={machine.directory / 'erst'}",
                 "-device", "acpi-erst,memdev=erst"]
    else:
        firmware = "/usr/share/OVMF"
        shutil.copy(f"{firmware}/OVMF_VARS_4M.fd", machine.directory / "variables")
        extra = ["-drive", f"if=pflash,format=raw,readonly=on,file={firmware}/OVMF_CODE_4M.fd",
                 "-drive", f"if=pflash,format=raw,file={machine.directory / 'variables'}"]
    extra += drive("resume", machine.disk("resume", 1))
    vm = machine(kernel, "stores", f"panic=-1 crashkernel={kernel.crashkernel}M", wants=[PANIC], reboots=True, extra=extra,
                 timeout=180, files=[module for module in kernel.modules() if module.stem.replace("-", "_") == "efi_pstore"])
    with vm:
        vm.wait_ok()
    vm.require(vm.stages() == ["first", "dump", "resume"], f"it went through {vm.stages()}")
    # the parts of a record are numbered from its end
    records = "".join(vm.text(name) for name in sorted(vm.files(), reverse=True) if name.startswith("dmesg-"))
    vm.require(records, "pstore has no record of the panic")
    vm.require(f"safestop {vm.nonce} trigger sysrq-c" in records and PANIC in records, "the record is not of this panic")
