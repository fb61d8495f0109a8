"""Where arm64 has to put the crash kernel's memory: an oracle written from the table in the documentation.

L, the low limit, is the end of the memory that every device reaches.
"""

import re
import subprocess
from dataclasses import dataclass

from vm.linear_map import START, levels

MiB, GiB = 1 << 20, 1 << 30
ALIGN = 2 * MiB
LOW_DEFAULT = 128 * MiB
# From START on: the kernel, the initrd and the devicetree
USED = 160 * MiB
# What early boot may take of a piece of memory: memmap and page tables
SLACK = 160 * MiB


@dataclass(frozen=True)
class Board:
    """A machine: its memory, how far its devices reach, and what of its memory is reserved."""
    memory: int  # MiB
    reach: int = 4 * GiB
    holes: tuple = ()

    @property
    def end(self):
        return START + self.memory * MiB

    @property
    def low_limit(self):
        return min(self.reach, self.end)

    def pieces(self, low, high):
        """Sizes of the pieces of memory in [low, high) that nothing is known to be in."""
        at, high = max(low, START), min(high, self.end)
        for start, end in sorted([*self.holes, (START, START + USED)]):
            if start < high and end > at:
                yield start - at
                at = end
        yield high - at

    def fits(self, size, low, high):
        """True, False, or None if it cannot be told from outside."""
        room = max(self.pieces(low, high))
        if low < START + USED:
            # the kernel leaves some of that
            possible = max(room, USED)
        else:
            possible = room
        return False if size > possible else True if size <= room - SLACK else None

    def devicetree(self, path):
        """QEMU's own devicetree with this board's limit and holes, or None if it needs neither."""
        nodes = ""
        if self.reach not in (4 * GiB, NO_LIMIT):
            nodes += """
                narrow-bus { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>;
                ranges; dma-ranges = <0 0 0 0 %#x %#x>; };""" % (self.reach >> 32, self.reach & 0xffffffff)
        if self.holes:
            nodes += "reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;"
            for start, end in self.holes:
                nodes += "hole@%x { reg = <%#x %#x %#x %#x>; };" % (
                    start, start >> 32, start & 0xffffffff, end - start >> 32, end - start & 0xffffffff)
            nodes += "};"
        if not nodes:
            return None
        subprocess.run(["qemu-system-aarch64", "-machine", f"virt,gic-version=3,dtb-randomness=off,dumpdtb={path}", "-cpu",
                        "cortex-a57", "-smp", "1", "-display", "none"], check=True, capture_output=True)
        source = subprocess.run(["dtc", "-q", "-O", "dts", path], check=True, capture_output=True, text=True)
        source = source.stdout.rstrip().removesuffix("};") + nodes + "\n};\n"
        subprocess.run(["dtc", "-q", "-O", "dtb", "-o", path], input=source, check=True, text=True)
        return path


NO_LIMIT = 1 << 64
BOARDS = {
    "ends 2M above 4G": Board(3074),
    "ends at 4G": Board(3072),
    "ends 386M above 4G": Board(3458),
    "ends 640M above 4G": Board(3712),
    "6G": Board(6144),
    "1G": Board(1024),
    "2G of reach, ends there": Board(1024, 2 * GiB),
    "2G of reach, 3458M": Board(3458, 2 * GiB),
    "2G of reach, 6G": Board(6144, 2 * GiB),
    "low memory in pieces": Board(6144, holes=((0x50000000, 0x60000000), (0x78000000, 0x90000000),
                                               (0xa8000000, 0x100000000))),
    "next to no low memory": Board(6144, holes=((0x4a000000, 0x100000000),)),
    "high memory in pieces": Board(6144, holes=((0x110000000, 0x130000000), (0x150000000, 0x170000000))),
    # for kernels without DMA zones
    "no limit, 3458M": Board(3458, NO_LIMIT),
    "no limit, 6G": Board(6144, NO_LIMIT),
}


@dataclass(frozen=True)
class Asked:
    """What a command line asks for. Without a size: for nothing that makes sense."""
    size: int = 0
    high: bool = False
    offset: int = 0
    low: int = LOW_DEFAULT
    lines: tuple = (1,)  # how many may say why there is nothing


def X(size, **other):
    return Asked(size * MiB, **other)


# row of the table: {command line: what it asks for}
ROWS = {
    "offset": {
        "crashkernel=256M@0x60000000": X(256, offset=0x60000000),
        "crashkernel=256M@1280M": X(256, offset=0x50000000),
        "crashkernel=256M@0x128000000": X(256, offset=0x128000000),
        "crashkernel=0-:128M@0x70000000": X(128, offset=0x70000000),
    },
    "bad_offset": {
        "crashkernel=256M@0x60100000": X(256, offset=0x60100000),
        "crashkernel=256M@0x40000000": X(256, offset=0x40000000),
        "crashkernel=512M@0x70000000": X(512, offset=0x70000000),
        "crashkernel=256M@0x10000000": X(256, offset=0x10000000),
        "crashkernel=256M@0x1f8000000": X(256, offset=0x1f8000000),
        "crashkernel=512M@0xf0000000": X(512, offset=0xf0000000),
        "crashkernel=256M@0xfffffffffff00000": X(256, offset=0xfffffffffff00000),
    },
    "x": {
        "crashkernel=512M": X(512),
        "crashkernel=256M": X(256),
        "crashkernel=2000M": X(2000),
        "crashkernel=512M-:448M": X(448),
        "crashkernel=3000M": X(3000),
    },
    "x_and_low": {
        "crashkernel=512M crashkernel=64M,low": X(512, low=64 * MiB),
        "crashkernel=2000M crashkernel=0,low": X(2000, low=0),
    },
    "high": {
        "crashkernel=512M,high": X(512, high=True),
        "crashkernel=3000M,high": X(3000, high=True),
        "crashkernel=256M,high": X(256, high=True),
        "crashkernel=640M,high": X(640, high=True),
        "crashkernel=1200M,high": X(1200, high=True),
    },
    "high_and_low": {
        "crashkernel=512M,high crashkernel=64M,low": X(512, high=True, low=64 * MiB),
        "crashkernel=256M,low crashkernel=320M,high": X(320, high=True, low=256 * MiB),
        "crashkernel=512M,high crashkernel=0,low": X(512, high=True, low=0),
        "crashkernel=3000M,high crashkernel=100000K,low": X(3000, high=True, low=100000 << 10),
    },
    "high_and_too_much_low": {
        "crashkernel=512M,high crashkernel=3900M,low": X(512, high=True, low=3900 * MiB),
        "crashkernel=512M,high crashkernel=0xffffffffffffffff,low": X(512, high=True, low=1 << 64),
    },
    "swiotlb": {
        "crashkernel=512M,high swiotlb=131072": X(512, high=True, low=264 * MiB),
    },
    "odd_sizes": {
        "crashkernel=100001K,high": Asked(100001 << 10, high=True),
        "crashkernel=100001K": Asked(100001 << 10),
        "crashkernel=100001K,low crashkernel=200M,high": X(200, high=True, low=100001 << 10),
    },
    "x_and_high": {
        "crashkernel=256M crashkernel=512M,high": X(256, lines=(1, 2)),
        "crashkernel=512M,high crashkernel=256M crashkernel=64M,low": X(256, low=64 * MiB, lines=(1, 2)),
    },
    "partly_nonsense": {
        "crashkernel=abc crashkernel=512M,high": X(512, high=True, lines=(1, 2)),
        "crashkernel=0 crashkernel=512M,high": X(512, high=True),
        "crashkernel=512M,high crashkernel=abc,low": X(512, high=True, lines=(1, 2)),
    },
    "nonsense": {
        "crashkernel=abc": Asked(),
        "crashkernel=abc,high": Asked(),
        "crashkernel=": Asked(),
        "crashkernel=-1": Asked(),
        "crashkernel=256Mx": Asked(),
        "crashkernel=256M,low": Asked(),
        "crashkernel=1G-:256M,high": Asked(),
        "crashkernel=1G-:": Asked(),
        "crashkernel=256M,high,low": Asked(),
        "crashkernel=0xffffffffffffffff": Asked(),
        "crashkernel=0xffffffffffffffff,high": Asked(),
        "crashkernel=0xffffffffffffffff@0x60000000": Asked(),
        "crashkernel=99999999999999999999": Asked(),
        "crashkernel=1000G": Asked(),
        "crashkernel=1000G,high": Asked(),
    },
    "nothing": {
        "": Asked(lines=(0, 1)),
        "crashkernel=0": Asked(lines=(0, 1)),
        "crashkernel=0,high": Asked(lines=(0, 1)),
        "crashkernel=0M@0x60000000": Asked(lines=(0, 1)),
    },
}
ASKED = {line: asked for row in ROWS.values() for line, asked in row.items()}
# The rows that the base gets right, and so has the series to
AS_ON_BASE = ("offset", "x_and_high", "nothing")

# The variants of the kernel, with the size of their pages
PAGE = {"default": 4096, "64k": 65536, "nolimit": 4096, "64k-nolimit": 65536}


@dataclass(frozen=True)
class Place:
    """A command line on a board, for a variant of the kernel."""
    board: str
    line: str
    variant: str = "default"

    def __str__(self):
        return re.sub(r"[^\w.+-]+", "_", f"{self.variant}-{self.board}-{self.line.replace('crashkernel=', '')}")

    def outcomes(self):
        return outcomes(ASKED[self.line], BOARDS[self.board])


def places(row, every):
    """The places of a row: each command line on every board, or one on each board."""
    lines = list(ROWS[row])
    for v, variant in enumerate(PAGE):
        boards = [name for name, board in BOARDS.items() if (board.reach == NO_LIMIT) == ("nolimit" in variant)]
        for b, board in enumerate(boards):
            if every:
                chosen = lines
            elif variant == "64k-nolimit":
                chosen = []
            elif row in ("nonsense", "nothing"):
                # does not depend on the board: all of them, each on one
                chosen = lines[b::len(boards)]
            else:
                chosen = [lines[(b + list(ROWS).index(row) + v) % len(lines)]]
            for line in chosen:
                yield Place(board, line, variant)


def outcomes(asked, board):
    """What may be reserved, of "below L", "above L", "above L, and low", "at offset" and "nothing".

    And what cannot be told from outside, which is why there may be more than one of them.
    """
    limit = board.low_limit
    if not asked.size:
        return {"nothing"}, []
    if asked.offset:
        start, end = asked.offset, asked.offset + asked.size
        if start % ALIGN or start < limit < end or start < START + USED or end > board.end or any(
                start < hole_end and end > hole_start for hole_start, hole_end in board.holes):
            return {"nothing"}, []
        if end > board.end - SLACK:
            return {"at offset", "nothing"}, ["whether the end of memory is in use"]
        return {"at offset"}, []

    doubts = []

    def fits(what, size, low, high):
        answer = board.fits(size, low, high)
        if answer is None:
            doubts.append(f"whether {what} fits")
        return answer

    def below():
        answer = fits("X below L", asked.size, 0, limit)
        return answer, {"below L"}

    def above():
        answer = fits("X above L", asked.size, limit, board.end)
        if asked.low == 0 or answer is False:
            return answer, {"above L"}
        low = fits("the low memory for X above L", asked.low, 0, limit)
        return answer, {True: {"above L, and low"}, False: {"nothing"}, None: {"above L, and low", "nothing"}}[low]

    allowed = set()
    for side in (above, below) if asked.high else (below, above):
        answer, outcome = side()
        if answer is not False:
            allowed |= outcome
        if answer:
            return allowed, doubts
    return allowed | {"nothing"}, doubts


def regions(iomem):
    """(start, end) of each region for the crash kernel, its end not included."""
    return [(int(start, 16), int(end, 16) + 1)
            for start, end in re.findall(r"^ *(\w+)-(\w+) : Crash kernel$", iomem, re.M)]


def judge(place, vm):
    """What is wrong with what a kernel has done, from what the job "place" has sent; an empty list if nothing is."""
    asked, limit, page = ASKED[place.line], BOARDS[place.board].low_limit, PAGE[place.variant]
    found, lines = regions(vm.text("iomem")), vm.text("lines").splitlines()

    def rounded(size):
        return -(-size // page) * page

    sizes = [end - start for start, end in found]
    wrong = []
    if any(start % ALIGN for start, _ in found):
        wrong.append("a region does not begin on 2 MiB")
    if not found:
        outcome = "nothing"
    elif any(start < limit < end for start, end in found):
        outcome = f"across L={limit:#x}"
    elif asked.offset:
        outcome = "at offset" if found == [(asked.offset, asked.offset + rounded(asked.size))] else "elsewhere"
    elif len(found) == 1 and sizes == [rounded(asked.size)]:
        outcome = "below L" if found[0][1] <= limit else "above L"
    elif len(found) == 2 and sizes == [rounded(asked.low), rounded(asked.size)]:
        outcome = "above L, and low" if found[0][1] <= limit <= found[1][0] else "both sides wrong"
    else:
        outcome = "other sizes"
    allowed, _ = place.outcomes()
    if outcome not in allowed:
        where = " and ".join(f"{start:#x}-{end:#x}" for start, end in found)
        wrong.append(f"{outcome}{where and f' ({where})'}, not {' or '.join(sorted(allowed))}")
    if outcome == "nothing" and len(lines) not in asked.lines:
        wrong.append(f"{len(lines)} lines say why: {lines}")
    if found:
        # the last one is where a crash kernel is loaded, and so has to be made of pages
        start, end = found[-1]
        if int(vm.text("size")) != end - start:
            wrong.append(f"kexec_crash_size is {vm.text('size').strip()}, not {end - start}")
        if levels(vm.text("map"), start, end) != {"PTE"}:
            wrong.append(f"the linear map has {levels(vm.text('map'), start, end)} in the region")
    return wrong
