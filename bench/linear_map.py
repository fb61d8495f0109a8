"""make bench T=linear_map: page-table pages of arm64's linear map, with and without crashkernel=.

They are counted in /sys/kernel/debug/kernel_page_tables (ptdump), with 4 KiB pages and rodata=on: a page for
each 2 MiB that has pages, for each 1 GiB that has pages or 2 MiB blocks, and for each 512 GiB.
"""

from vm.kernel import BUILD, TOP, Kernel
from vm.linear_map import START, linear_map
from vm.machine import Machine

JOB = TOP / "bench/jobs/linear_map.sh"
LINES = ["", "crashkernel=512M", "crashkernel=512M,high"]


def tables(flavor, memory, line):
    directory = BUILD / "bench" / f"linear-map-{flavor}"
    vm = Machine(Kernel("arm64", flavor), JOB, directory, f"nokaslr rodata=on {line}", smp=1, memory=memory << 10,
                 timeout=120)
    with vm:
        vm.wait_ok()
    used = set()
    for first, last, level, flags in linear_map(vm.text("map")):
        if "MEM/NORMAL" not in flags:
            continue
        for size, levels in ((21, ["PTE"]), (30, ["PTE", "PMD"]), (39, ["PTE", "PMD", "PUD"])):
            if level in levels:
                used |= {(size, at) for at in range(first - START >> size, (last - 1 - START >> size) + 1)}
    return len(used)


def main():
    print("Page-table pages of the linear map, 4 KiB each, arm64, rodata=on")
    print(" " * 32 + "".join(f"{memory:>8} GiB" for memory in (2, 6, 16)))
    for line in LINES:
        for flavor in "base", "series":
            counts = [tables(flavor, memory, line) for memory in (2, 6, 16)]
            print(f"{flavor:8}{line or 'no crashkernel=':24}" + "".join(f"{count:>8}    " for count in counts),
                  flush=True)


if __name__ == "__main__":
    main()
