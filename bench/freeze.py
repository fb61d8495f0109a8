"""make bench T=freeze: how long it takes until 1, 2, 4 and 8 slow disks with dirty data are frozen.

A disk takes 8 MiB/s, and an ext4 on it has 32 MiB of dirty data, without or with a task that goes on writing. The
series' times are those of the kernel's log: until all is frozen, and for how long user space stands still. Beside it: how
long the base takes to freeze its tasks, with its sync before, and for how long user space stands still there; how
long the slowest disk needs for what was written to it, by its rate; and in the same run of the series the same
filesystems, frozen one after the other by fsfreeze(8).
"""

import re

from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Machine, drive

RATE = 8 << 20


def machine(kernel, job, directory, disks, bps=0, files=(), **options):
    """A machine with so many empty disks of 512 MiB, d0 and up."""
    directory.mkdir(parents=True, exist_ok=True)
    extra = [*drive("fstools", BUILD / f"fstools-{kernel.arch}.cpio", ",readonly=on"), "-device", "virtio-rng-pci"]
    for i in range(disks):
        disk = directory / f"d{i}"
        with open(disk, "wb") as file:
            file.truncate(512 << 20)
        extra += drive(f"d{i}", disk, f",cache=unsafe,throttling.bps-write={bps}")
    return Machine(kernel, job, directory, "no_console_suspend", memory=1024, timeout=400, extra=extra,
                   files=[*files, *kernel.modules()], **options)


def written(vm):
    """How many bytes each disk has been given."""
    return [disk["stats"]["wr_bytes"] for disk in vm.command_qmp("query-blockstats")
            if re.fullmatch(r"d\d", disk["device"])]


def times(flavor, count, writers):
    """Seconds until all are frozen at once, without user space, what the slowest disk needs, and one after the other."""
    vm = machine(Kernel("x86_64", flavor), TOP / "bench/jobs/freeze.sh", BUILD / f"bench/freeze-{flavor}", count, RATE,
                 variables={"COUNT": count, "WRITERS": "yes" if writers else "", "SLOW": 1, "HUNG_TASK": 300})
    with vm:
        vm.wait_console("suspend entry")
        before = written(vm)
        vm.wait_console("Freezing remaining freezable tasks")
        after = written(vm)
        vm.wait_ok()
    log = vm.text("log")

    def when(text):
        return float(re.search(rf"\[ *([\d.]+)\] (?:PM: )?{text}", log)[1])
    frozen = when(rf"Freezing filesystems completed \({count} frozen" if flavor == "series" else
                  "Freezing remaining freezable tasks")
    at_once, still = frozen - when("suspend entry"), frozen - when("Freezing user space processes")
    slowest = max(b - a for a, b in zip(before, after)) / RATE
    begin, end = next(line for line in vm.said() if line.startswith("serial")).split()[1:]
    return at_once, still, slowest, float(end) - float(begin)


def main():
    print("Seconds until N disks are frozen, x86_64, ext4, 32 MiB dirty and 8 MiB/s a disk")
    print(f"{'':14}{'N':>4}{'series':>10}{'still':>10}{'slowest':>10}{'ratio':>8}{'serial':>10}{'base':>10}{'still':>10}")
    for writers in False, True:
        for count in 1, 2, 4, 8:
            at_once, still, slowest, serial = times("series", count, writers)
            base_at_once, base_still, *_ = times("base", count, writers)
            print(f"{'with writers' if writers else 'dirty':14}{count:>4}{at_once:>10.2f}{still:>10.3f}{slowest:>10.2f}"
                  f"{at_once / slowest:>8.2f}{serial:>10.2f}{base_at_once:>10.2f}{base_still:>10.3f}", flush=True)


if __name__ == "__main__":
    main()
