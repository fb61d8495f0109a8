"""In which order filesystems are frozen that stand on each other."""

import re

import pytest

from conftest import LONG, control, no_control
from vm.sleep import SLEPT, frozen

STACKS = {  # how many filesystems, and which of them is the uppermost
    "dm": (2, "ext4 (dm-0)"),
    "btrfs": (2, "btrfs (vd"),
    "nested": (3, "ext4 (loop1)"),
    "nested with direct I/O": (3, "ext4 (loop1)"),
    "md": (2, "ext4 (md0)"),
    "journal": (2, "ext4 (vd"),
    "xfs_log": (2, "xfs (vd"),
    "xfs_realtime": (2, "xfs (vd"),
    "f2fs": (2, "f2fs (vd"),
}


def some(*part):
    return pytest.mark.parametrize("stack", [pytest.param(stack, marks=[] if stack in part else LONG) for stack in STACKS])


def stacked(stack, order):
    return {"ORDER": order, "STACK": stack.split()[0], "DIRECT_IO": "--direct-io=on" if "direct I/O" in stack else ""}


@no_control("the base freezes no filesystem at a suspend, so it has no order; test_wrong_order shows that it matters")
@some("dm", "nested", "xfs_realtime", "f2fs")
def test_order(kernel, stack, run):
    count, uppermost = STACKS[stack]
    vm = run(kernel, "order", variables=stacked(stack, "right"))
    log = vm.text("log")
    vm.require(frozen(log) == [count, count], "not all have been frozen")
    order = re.findall(r"PM: (Froze|Thawed) (.*)", log)[:2 * count]
    vm.require([what for what, _ in order] == ["Froze"] * count + ["Thawed"] * count, "not frozen and then thawed")
    names = [name for _, name in order]
    vm.require(names == names[::-1] and names[0].startswith(uppermost), "in the wrong order")


@no_control("it shows that the order matters: a user who freezes the lower one first makes the upper one wait")
@some("md", "xfs_log")
def test_wrong_order(kernel, stack, run):
    run(kernel, "order", variables=stacked(stack, "wrong"), wants=[r"task fsfreeze:\d+ blocked for more than"],
        allows=["blocked for more than"])


@control(SLEPT)
def test_circle(kernel, run):
    vm = run(kernel, "circle")
    log = vm.text("log")
    vm.require(re.search(r"Filesystems stand on each other in a circle: [\w ]+ \(\S+\) on ", log),
               "the circle is not named")
    vm.require(vm.text("stats") == "1\n", "the failure is not counted")
    vm.require(frozen(log) == [], "something has been frozen")
