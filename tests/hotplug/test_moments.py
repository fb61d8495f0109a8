"""Is there a moment, while memory comes or goes, at which a crash has no dump, or a wrong one?"""

import random

import pytest

from conftest import LONG, control, no_control
from vm.hotplug import MACHINES, count, keeps, loads

# before the crash kernel is loaded and after that; the last step makes as many stores to the header
STORES = {
    "comes": ("comes online_last write_last", "crash_at online_first", 2),
    "goes": ("comes online write_last", "crash_at offline_first", 4),
    "goes after it came": ("comes online_last write_last", "online_first crash_at offline_first", 2),
}

# in part
FEW = {"x86_64": [("comes", 2), *(("goes", at) for at in range(1, 5)), ("goes after it came", 1)],
       "arm64": [("comes", 1), ("goes", 2)]}


@pytest.fixture
def arch(request):
    return request.param


@no_control("the base never stores to the header")
@pytest.mark.parametrize("arch, case, at", [
    pytest.param(arch, case, at, marks=[] if (case, at) in FEW[arch] else LONG)
    for case, (_, _, stores) in STORES.items() for at in range(1, stores + 1) for arch in MACHINES], indirect=["arch"])
def test_crash_after_a_store(kernel, crash, case, at):
    """The dump can be read, and what has been online all the time is in it."""
    before, steps, _ = STORES[case]
    change, machine = MACHINES[kernel.arch]
    vm = crash(kernel, change, before=before, steps=steps, variables={"AT": at, "FORMAT": "-c"}, **machine,
               wants=["Kernel panic - not syncing: safestop: crash after a store"])
    # an entry and what replaces it may both be there
    assert count(vm, "vmcore") in (256, 512)


@control("QEMU has ended with 0", attempt=[0])
@pytest.mark.parametrize("arch, attempt", [
    pytest.param(arch, n, marks=LONG if n >= (3 if arch == "x86_64" else 1) else [])
    for arch in MACHINES for n in range(200)], indirect=["arch"])
def test_crash_while_memory_goes_and_comes(kernel, crash, attempt):
    """At a random moment. On the base, where each change needs a reload, also when no crash kernel is loaded."""
    change, machine = MACHINES[kernel.arch]
    vm = crash(kernel, change, job="churn", variables={"RACES": 0, "DELAY": random.randint(1, 4), "FORMAT": "-c"}, **machine)
    assert count(vm, "vmcore") in (256, 512)


@no_control("the base has to load the crash kernel anew when that is over")
@pytest.mark.parametrize("arch, races", [
    ("x86_64", 10), *(pytest.param(arch, 100, marks=LONG) for arch in MACHINES)], indirect=["arch"])
def test_load_while_memory_goes_and_comes(kernel, crash, races):
    change, machine = MACHINES[kernel.arch]
    vm = crash(kernel, change, job="churn", variables={"RACES": races, "DELAY": 0, "FORMAT": "-c"}, timeout=100 + 10 * races, **machine)
    assert keeps(vm) == ["1 1"]
    blocks = sum(end - start for start, end in loads(vm.file("notes")) if start >= 2 << 30) >> 27
    assert blocks == (1 if "state offline" in vm.said() else 2)
