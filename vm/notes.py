"""The notes at the head of a vmcore: registers of each CPU, and vmcoreinfo."""

import struct

PT_NOTE = 4
NT_PRSTATUS = 1
# Of struct elf_prstatus, the same on all 64-bit architectures
PR_PID = 32
PR_REG = 112
# Index of the program counter in the registers that follow
PC = {"x86_64": 16, "arm64": 32}


def notes(data):
    """(name, type, description) of each note of an ELF64 core."""
    phoff, = struct.unpack_from("<Q", data, 32)
    phentsize, phnum = struct.unpack_from("<HH", data, 54)
    for i in range(phnum):
        kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", data, phoff + i * phentsize)
        if kind != PT_NOTE:
            continue
        end = offset + size
        while offset + 12 <= end:
            namesz, descsz, kind = struct.unpack_from("<III", data, offset)
            if not namesz:
                break
            name = data[offset + 12:offset + 12 + namesz].rstrip(b"\0").decode()
            offset += 12 + (namesz + 3 & ~3)
            yield name, kind, data[offset:offset + descsz]
            offset += descsz + 3 & ~3


def cpus(data, arch):
    """(pid, program counter) of each CPU whose registers are in the vmcore."""
    found = []
    for name, kind, desc in notes(data):
        if name == "CORE" and kind == NT_PRSTATUS:
            pid, = struct.unpack_from("<i", desc, PR_PID)
            pc, = struct.unpack_from("<Q", desc, PR_REG + 8 * PC[arch])
            found.append((pid, pc))
    return found


def vmcoreinfo(data):
    """The names and values of vmcoreinfo."""
    text = b"".join(desc for name, _, desc in notes(data) if name == "VMCOREINFO").rstrip(b"\0").decode()
    return dict(line.split("=", 1) for line in text.splitlines())
