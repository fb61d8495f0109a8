"""The machines of the tests of suspend and hibernation."""

import pytest

from vm.kernel import BUILD
from vm.machine import drive


@pytest.fixture(params=["x86_64"])
def arch(request):
    """The controls are x86_64's; a test that runs on arm64, too, says so."""
    return request.param


@pytest.fixture
def start(machine):
    """Makes the machine for a job: disks of 1 GiB, all modules, and the programs that prepare() unpacks.

    bps throttles the writes to each disk. With a queue for each CPU, the base hangs when devices sleep: a write that waits for
    a disk keeps its CPU online; one_queue helps. A WARNING ends the machine, but where the test wants or allows one.
    """
    def make(kernel, job, append="", disks=4, bps=None, one_queue=False, extra=(), files=(), **options):
        # without it, each mkfs waits for seconds for random numbers
        extra = [*drive("fstools", BUILD / f"fstools-{kernel.arch}.cpio", ",readonly=on"), *extra,
                 "-device", "virtio-rng-pci"]
        for i in range(disks):
            extra += drive(f"d{i}", machine.disk(f"d{i}", 1024),
                           ",cache=unsafe" + (f",throttling.bps-write={bps}" if bps else ""))
        if one_queue:
            extra += ["-global", "virtio-blk-pci.num-queues=1"]
        if not options.get("wants") and not options.get("allows"):
            append += " panic_on_warn=1 panic=-1"
        options["variables"] = {"SLOW": kernel.slow, "HUNG_TASK": 60 * kernel.slow, **options.get("variables", {})}
        options.setdefault("timeout", 120)
        options.setdefault("memory", max(768, kernel.memory))
        return machine(kernel, job, f"no_console_suspend {append}", extra=extra,
                       files=[*files, *kernel.modules()], **options)
    return make


@pytest.fixture
def run(start):
    """Makes a machine, runs it to its end, and returns it."""
    def make(kernel, job, append="", **options):
        vm = start(kernel, job, append, **options)
        with vm:
            vm.wait_ok()
        return vm
    return make
