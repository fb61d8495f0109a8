"""Who writes from within the kernel waits for the thaw."""

import mmap

import pytest

from conftest import control
from vm.sleep import frozen


@pytest.mark.parametrize("journal", ["has_journal", "^has_journal"])
@control("writes to what is frozen")
def test_error(kernel, journal, run):
    run(kernel, "error", disks=1, variables={"JOURNAL": journal})


@control("writes to what is frozen")
def test_error_of_f2fs(kernel, run, machine):
    vm = run(kernel, "error_f2fs", disks=1)
    with open(machine.disk("d0", 1024), "r+b") as disk:
        # the file's inode has its name 92 bytes from the beginning, and at the end its number
        image = mmap.mmap(disk.fileno(), 0)
        at = -1
        while (at := image.find(b"for the test", at + 1)) >= 0:
            if at % 4096 == 92:
                image[at - 92 + 4096 - 24:at - 92 + 4096 - 20] = b"\1\2\3\4"
    run(kernel, "error_f2fs", disks=1, variables={"BEFORE": vm.nonce})


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


@control("^no suspend: Device or resource busy")
def test_reader_of_fscache(kernel, run, machine):
    run_cache(kernel, run, machine, "reader")


@pytest.mark.parametrize("case", ["nvmet", "fileio"])
@control("writes to what is frozen")
def test_targets(kernel, case, run):
    # the base starts transactions, and ext4 says so
    run(kernel, "targets", disks=1, variables={"CASE": case},
        allows=["WARNING: .* ext4_"] if kernel.flavor == "base" else [])
