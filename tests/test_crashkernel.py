"""arm64's crashkernel=: where the region is, on machines of many sizes.

Each boot is judged by tests/crashkernel.py. The base boots the same cases; what it gets wrong is what
the series mends, and where it gets nothing wrong in a row of the table, that row proves nothing.
MATRIX=all boots every command line on every machine instead of a part of them.
"""

import os
import re

import pytest

import crashkernel as ck
from vm.machine import Failure, Kernel, Machine

JOB = """
first() {
    dmesg | grep -iE "crashkernel|memory value expected" | grep -v "ommand line" >/tmp/lines
    send lines /tmp/lines
    send iomem /proc/iomem
    send size /sys/kernel/kexec_crash_size
    send map /sys/kernel/debug/kernel_page_tables
    verdict ok
}
"""

VARIANTS = {"": 4096, "64k": 65536, "nolimit": 4096}
ALL = os.environ.get("MATRIX") == "all"
if ALL:
    VARIANTS["64k-nolimit"] = 65536
# On the base these come out as they do on the series.
UNCHANGED = {"X@offset", "both X and X,high", "nothing"}


def boards(variant):
    return ck.BOARDS_NO_LIMIT if "nolimit" in variant else ck.BOARDS


def cases():
    """(variant, row, machine, command line): with MATRIX=all all, otherwise one command line each."""
    for v, variant in enumerate(VARIANTS):
        for r, (row, lines) in enumerate(ck.ROWS.items()):
            for b, board in enumerate(boards(variant)):
                if ALL:
                    for line in lines:
                        yield variant, row, board, line
                elif row in ("nonsense", "nothing"):
                    # does not depend on the machine: all of them, each on one
                    for line in list(lines)[b::len(boards(variant))]:
                        yield variant, row, board, line
                else:
                    yield variant, row, board, list(lines)[(b + r + v) % len(lines)]


CASES = list(cases())


def boot(flavor, variant, name, line, directory):
    """What the oracle says of a kernel that was booted with this command line."""
    board = boards(variant)[name]
    kernel = Kernel("arm64", flavor, variant)
    assert kernel.image.exists(), f"{kernel.name} is not built"
    directory.mkdir(parents=True)
    devicetree = board.devicetree(directory / "dtb")
    extra = ["-dtb", devicetree] if devicetree else []
    vm = Machine(kernel, JOB, directory, f"nokaslr {line}", smp=1, memory=board.memory, extra=extra, timeout=40)
    with vm:
        vm.wait_ok()
    asked = [asked for row in ck.ROWS.values() for text, asked in row.items() if text == line][0]
    wrong = ck.judge(asked, board, VARIANTS[variant], vm.text("iomem"), vm.text("lines").splitlines())
    found = ck.regions(vm.text("iomem"))
    if found:
        # the last one is where a crash kernel is loaded, and so has to be made of pages
        start, end = found[-1]
        if int(vm.text("size")) != end - start:
            wrong.append(f"kexec_crash_size is {vm.text('size').strip()}, not {end - start}")
        if levels(vm.text("map"), start, end) != {"PTE"}:
            wrong.append(f"the linear map has {levels(vm.text('map'), start, end)} in the region")
    return wrong


def linear_map(text):
    """(physical start, physical end, level, flags) of what is mapped in the linear map."""
    body = text[text.index("Linear Mapping start"):text.index("Linear Mapping end")]
    for start, end, level, flags in re.findall(r"^0x(\w+)-0x(\w+) +\w+ (P\wD|PTE) +(\S.*)$", body, re.M):
        # without KASLR, the linear map begins with the memory
        offset = ck.START - (1 << 64) + (1 << 48)
        yield int(start, 16) + offset, int(end, 16) + offset, level, flags


def levels(text, start, end):
    """Of what a part of the linear map is made: PTE, PMD, PUD, contiguous ones with a +."""
    return {level + ("+" if "CON" in flags else "")
            for first, last, level, flags in linear_map(text) if first < end and last > start}


@pytest.mark.parametrize("variant, row, board, line", CASES,
                         ids=lambda text: text.replace("crashkernel=", "") or "4k")
def test_place(variant, row, board, line, tmp_path):
    assert boot("series", variant, board, line, tmp_path / "vm") == []


@pytest.mark.parametrize("row", ck.ROWS)
def test_place_on_the_base(row, tmp_path, record_property):
    rows = [case for case in CASES if case[1] == row]
    wrong = {}
    for i, (variant, _, board, line) in enumerate(rows):
        try:
            complaints = boot("base", variant, board, line, tmp_path / str(i))
        except Failure as failure:
            complaints = [str(failure).splitlines()[0]]
        if complaints:
            wrong[variant, board, line] = complaints
    print(f"{row}: the base gets {len(wrong)} of {len(rows)} wrong")
    record_property("base", f"{row}: {len(wrong)} of {len(rows)} wrong")
    for case, complaints in wrong.items():
        print(case, complaints)
    assert wrong or row in UNCHANGED
