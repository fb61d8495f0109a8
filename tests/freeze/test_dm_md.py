"""What dm and md do while the machine sleeps, and what they tell about what stands on what."""

import pytest

from conftest import LONG, SLEEPS_TOO, control, no_control, program
from vm.machine import drive
from vm.sleep import frozen, require_frozen, throttle


def reshaper(start, machine, kernel, image, **options):
    extra = [*drive("swap", machine.disk("swap", 1024), ",cache=unsafe"),
             *drive("resume", machine.disk("resume", 1), ",cache=unsafe")]
    return start(kernel, "reshape", "loglevel=8", variables={"UNCOUNTED": "d0 d1 d2 d3", "IMAGE": image}, extra=extra,
                 timeout=300, **options)


@LONG
@control("wrong data on the array")
def test_hibernation_in_a_reshape(kernel, start, machine):
    """The image is written slowly, which on the base is time for the reshape to go on."""
    vm = reshaper(start, machine, kernel, "swap", reboots=True)
    with vm:
        vm.wait_console("Creating image")
        throttle(vm, 2 << 20, ["swap"])
        vm.wait_ok()
    vm.require(vm.stages() == ["first", "resume"], f"the stages were {vm.stages()}")


@LONG
@no_control("on the base the reshape goes on, and so lets the image be written, but loses the data")
def test_image_in_an_array_that_is_reshaped(kernel, start, machine):
    vm = reshaper(start, machine, kernel, "array", files=[program("snapshot", kernel)])
    with vm:
        vm.wait_ok()


@pytest.mark.parametrize("case", ["file", pytest.param("nbd", marks=LONG)])
@SLEEPS_TOO
def test_resync_over(kernel, case, run):
    """Its disks are files, whose filesystem is frozen, or a task serves one."""
    vm = run(kernel, "resync_served", variables={"CASE": case}, files=[program("tasks", kernel)], timeout=240)
    require_frozen(vm, 3, least=1)


@no_control("the base has no order of filesystems, so no table can be in its way")
def test_inactive_table(kernel, run):
    vm = run(kernel, "inactive_table")
    vm.require(frozen(vm.text("log"))[0] == 1, "not frozen")
