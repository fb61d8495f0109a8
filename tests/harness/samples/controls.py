"""Controls that must not be satisfied; run by test_harness.py on real machines."""

import signal
from pathlib import Path

import pytest

from conftest import SLEEPS_TOO, control
from vm.kernel import Kernel
from vm.machine import Machine

JOB = Path(__file__).parent / "control.sh"


def boot(kernel, machine, end, **options):
    vm = Machine(Kernel("x86_64", kernel.flavor), JOB, machine.directory / kernel.flavor, variables={"END": end}, **options)
    with vm:
        vm.wait_ok()


@control("it goes wrong", arch=["x86_64"])
def test_the_trigger_did_not_run(kernel, machine):
    boot(kernel, machine, "wrong before the trigger")


@control("it goes wrong", arch=["x86_64"])
def test_another_failure(kernel, machine):
    boot(kernel, machine, "other")


@control("it goes wrong", arch=["x86_64"])
def test_the_base_passes(kernel, machine):
    boot(kernel, machine, "ok")


@control("it goes wrong", arch=["x86_64"])
def test_seldom_wrong(kernel, machine, request):
    boot(kernel, machine, "wrong" if request.node.execution_count == 2 else "ok")


@control("it goes wrong", arch=["x86_64"])
def test_the_setup_hangs(kernel, machine):
    boot(kernel, machine, "hang", timeout=15)


@control("it goes wrong", arch=["x86_64"])
def test_the_boot_breaks(kernel, machine):
    boot(kernel, machine, "ok", append="init=/nothing rdinit=/nothing panic=-1")


@control("it goes wrong", arch=["x86_64"])
def test_right(kernel, machine):
    boot(kernel, machine, "wrong")


@control("it goes wrong", arch=["x86_64"])
def test_the_emulator_dies(kernel, machine):
    vm = Machine(Kernel("x86_64", kernel.flavor), JOB, machine.directory / kernel.flavor, variables={"END": "hang"})
    with vm:
        vm.wait_for("stage", vm.stages)
        vm.process.send_signal(signal.SIGSEGV)
        vm.wait_ok()


@pytest.mark.parametrize("arch", ["x86_64"])
@SLEEPS_TOO
def test_both_manage_it(kernel, machine):
    boot(kernel, machine, "ok")


@pytest.mark.parametrize("arch", ["x86_64"])
@SLEEPS_TOO
def test_the_base_does_not_manage_it(kernel, machine):
    boot(kernel, machine, "ok" if kernel.flavor == "series" else "wrong")
