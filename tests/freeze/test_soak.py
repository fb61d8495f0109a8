"""Many sleeps of all kinds on filesystems that stand on each other, under load; at the end all data is whole."""

import os
import random

from conftest import LONG, control, oot_module
from vm.machine import drive
from vm.sleep import wake_from_ram


def kinds(count, seed):
    """Rounds, each in an order of its own, with all kinds of sleeps.

    In QEMU a sleep in RAM is the last that the power button can end until the machine restarts, and after a hibernation the
    machine sleeps in RAM only once.
    """
    chance, order = random.Random(seed), []
    while len(order) < count:
        begin = ["idle", "abort", "best", *chance.choices(["idle", "abort", "best"], k=chance.randrange(3))]
        chance.shuffle(begin)
        order += [*begin, "ram", *["best"] * chance.randrange(2), "disk"]
    return order[:count]


def wake(vm, number, kind, times_in_ram):
    """Does what the sleep of this kind waits for."""
    # of the job
    marker = f"soak: sleep {number}\r\n"

    def says(words, text):
        # or the sleep is over
        vm.wait_for(f"'{words}' on the console, for sleep {number}", lambda: words in text() or f"awake {number}" in vm.said())

    says(marker, vm.console)
    if kind == "ram":
        wake_from_ram(vm, times_in_ram)
    else:
        says("PM: suspend-to-idle" if kind == "idle" else "PM: suspend entry",
             lambda: vm.console().rpartition(marker)[2])
        vm.command_qmp("system_powerdown")


@LONG
@control(r"\d+ writes while all was frozen|^no sleep \d+, \w+: Device or resource busy")
def test_soak(kernel, request, record_property, start, machine):
    count = 200 if request.config.getoption("matrix") == "all" else 10
    # to run it again: SEED=, or KINDS="idle ram" for these alone
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    record_property("note", f"test_soak on {kernel.name}: SEED={seed}")
    order = os.environ["KINDS"].split() if "KINDS" in os.environ else kinds(count, seed)
    extra = []
    for name, mib in ("swap", 1024), ("resume", 1):
        extra += drive(name, machine.disk(name, mib), ",cache=unsafe")
    vm = start(kernel, "soak", "loglevel=8 printk.devkmsg=on", disks=3, one_queue=True, extra=extra, reboots=True, timeout=600 + 120 * count,
               files=[oot_module(kernel, "oot_writer")], variables={"KINDS": " ".join(order), "SEED": seed})
    with vm:
        for number, kind in enumerate(order, 1):
            vm.wait_said(f"sleep {number} {kind}")
            if kind not in ("disk", "best"):
                wake(vm, number, kind, order[:number].count("ram"))
            vm.wait_said(f"awake {number}")
        vm.wait_ok()
