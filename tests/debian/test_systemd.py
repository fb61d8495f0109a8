"""systemctl suspend in a Debian 12 whose root is an ext4, woken by the host. scripts/check-debian makes the Debian."""

import shutil

from conftest import no_control
from vm.kernel import BUILD, Kernel
from vm.machine import drive
from vm.sleep import frozen, wait_event


@no_control("the controls of a suspend are in tests/freeze; this is about systemd's way there")
def test_systemctl_suspend(machine):
    kernel = Kernel("x86_64", "series", "systemd")
    root = machine.directory / "root"
    shutil.copy(BUILD / "debian.ext4", root)
    extra = [*drive("root", root), "-device", "virtio-rng-pci"]
    vm = machine(kernel, "systemd", "no_console_suspend mem_sleep_default=deep panic_on_warn=1 panic=-1", timeout=300,
                 extra=extra, files=[*kernel.modules(), machine.jobs / "service.sh", machine.jobs / "safestop.service"])
    with vm:
        wait_event(vm, "SUSPEND")
        vm.command_qmp("system_wakeup")
        vm.wait_ok()
    assert vm.triggers() == ["systemctl suspend"]
    assert [line for line in vm.said() if line.startswith(("slept ", "wrote "))] == ["slept mem", "wrote 0"]
    assert frozen(vm.text("log")) == [1]
    assert "PM: suspend entry (deep)" in vm.text("log")

    extra += drive("fstools", BUILD / "fstools-x86_64.cpio", ",readonly=on")
    with machine(kernel, "check", "panic_on_warn=1 panic=-1", extra=extra, files=kernel.modules()) as check:
        check.wait_ok()
