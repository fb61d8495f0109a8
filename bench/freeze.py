"""make bench T=freeze: how long it takes until 1, 2, 4 and 8 slow disks with dirty data are frozen.

A disk takes 8 MiB/s, and an ext4 on it has 32 MiB of dirty data, without or with a task that goes on writing. The
series' time is what the kernel says of itself. Beside it: how long the slowest disk needs for what was written to it, by
its rate; and in the same run of the same kernel the same filesystems, frozen one after the other by fsfreeze(8).
"""

import re

from tests.conftest import modules
from vm.machine import BUILD, TOP, Kernel, Machine

RATE = 8 << 20

JOB = """
dirty() {
    for i in $DISKS; do dd if=/dev/urandom of=/m/$i/big bs=1M count=32 conv=notrunc 2>/dev/null; done
    if [ $WRITERS = 1 ]; then
        rm -f /tmp/stop
        for i in $DISKS; do (while [ ! -e /tmp/stop ]; do head -c 65536 /dev/zero >/m/$i/small; usleep 100000; done) & done
        sleep 1
    fi
}
settle() {
    touch /tmp/stop
    wait
    sync
}
now() { cut -d' ' -f1 /proc/uptime; }
first() {
    prepare
    # time for the host to count
    echo 3 >/sys/module/suspend/parameters/pm_test_delay
    echo 100000 >/proc/sys/vm/dirty_writeback_centisecs
    echo 90 >/proc/sys/vm/dirty_ratio
    echo 80 >/proc/sys/vm/dirty_background_ratio
    for i in $DISKS; do
        mkdir -p /m/$i
        /sbin/mke2fs -q -F -t ext4 -E lazy_itable_init=1 "$(disk d$i)" || verdict mke2fs
        mount -t ext4 -o noinit_itable "$(disk d$i)" /m/$i || verdict mount
    done
    dirty
    suspend mem || verdict "no suspend"
    settle
    dirty
    begin=$(now)
    for i in $DISKS; do /sbin/fsfreeze -f /m/$i || verdict fsfreeze; done
    say serial $begin $(now)
    for i in $DISKS; do /sbin/fsfreeze -u /m/$i; done
    send_log
    verdict ok
}
"""


def written(vm):
    """How many bytes each disk has been given."""
    return [disk["stats"]["wr_bytes"] for disk in vm.command_qmp("query-blockstats")
            if re.fullmatch(r"d\d", disk["device"])]


def times(count, writers):
    """Seconds until all are frozen at once, what the slowest disk needs of them, and one after the other."""
    kernel = Kernel("x86_64")
    directory = BUILD / "bench/freeze"
    directory.mkdir(parents=True, exist_ok=True)
    extra = ["-drive", f"if=none,id=fstools,format=raw,readonly=on,file={BUILD}/fstools-x86_64.cpio",
             "-device", "virtio-blk-pci,drive=fstools,serial=fstools", "-device", "virtio-rng-pci"]
    for i in range(count):
        disk = directory / f"d{i}"
        disk.unlink(missing_ok=True)
        with open(disk, "wb") as file:
            file.truncate(256 << 20)
        extra += ["-drive", f"if=none,id=d{i},format=raw,cache=unsafe,file={disk},throttling.bps-write={RATE}",
                  "-device", f"virtio-blk-pci,drive=d{i},serial=d{i}"]
    disks = " ".join(map(str, range(count)))
    library = (TOP / "tests/freeze/lib.sh").read_text()
    vm = Machine(kernel, f"DISKS='{disks}'\nWRITERS={int(writers)}\n{library}{JOB}", directory, "no_console_suspend",
                 memory=1024, timeout=400, extra=extra, files=modules(kernel))
    with vm:
        vm.wait_console("Freezing user space processes")
        before = written(vm)
        vm.wait_console("Freezing remaining freezable tasks")
        after = written(vm)
        vm.wait_ok()
    for disk in directory.glob("d[0-9]"):
        disk.unlink()
    at_once = float(re.search(rf"completed \({count} frozen, elapsed ([\d.]+)", vm.text("dmesg"))[1])
    slowest = max(b - a for a, b in zip(before, after)) / RATE
    begin, end = next(line for line in vm.said() if line.startswith("serial")).split()[1:]
    return at_once, slowest, float(end) - float(begin)


def main():
    print("Seconds until N disks are frozen, x86_64, ext4, 32 MiB dirty and 8 MiB/s a disk")
    print(f"{'':14}{'N':>4}{'series':>10}{'slowest':>10}{'ratio':>8}{'serial':>10}")
    for writers in False, True:
        for count in 1, 2, 4, 8:
            at_once, slowest, serial = times(count, writers)
            print(f"{'with writers' if writers else 'dirty':14}{count:>4}{at_once:>10.2f}{slowest:>10.2f}"
                  f"{at_once / slowest:>8.2f}{serial:>10.2f}", flush=True)


if __name__ == "__main__":
    main()
