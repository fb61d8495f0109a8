"""Who writes from within the kernel waits for the thaw."""

import pytest

from conftest import control
from vm.sleep import frozen


@control("writes to what is frozen")
def test_error(kernel, run):
    run(kernel, "error", disks=1)


def run_cache(kernel, run, machine, case):
    directory = machine.directory / "srv"
    directory.mkdir(exist_ok=True)
    (directory / "file").write_bytes(b"a line of data\n" * 10000)
    share = ["-fsdev", f"local,id=srv,path={directory},security_model=none,readonly=on",
             "-device", "virtio-9p-pci,fsdev=srv,mount_tag=srv"]
    # the base starts transactions, and ext4 says so
    return run(kernel, "cachefiles", disks=2, variables={"CASE": case}, extra=share,
               allows=["WARNING: .* ext4_"] if kernel.flavor == "base" else [])


@control("writes to what is frozen")
def test_cache(kernel, run, machine):
    run_cache(kernel, run, machine, "writes")


@control("^no suspend: Device or resource busy")
def test_queue_of_fscache(kernel, run, machine):
    vm = run_cache(kernel, run, machine, "queue")
    vm.require(frozen(vm.text("log")) == [2], "not both have been frozen")


@pytest.mark.parametrize("case", ["nvmet", "fileio"])
@control("writes to what is frozen")
def test_targets(kernel, case, run):
    # the base starts transactions, and ext4 says so
    run(kernel, "targets", disks=1, variables={"CASE": case},
        allows=["WARNING: .* ext4_"] if kernel.flavor == "base" else [])
