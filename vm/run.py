"""vm.run TOPIC ARCH LEVEL: show in a guest what a topic of the series does. An empty word stands for the default."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

from vm.devicetree import Board
from vm.hotplug import SLOTS, SOCKETS, loads, plug
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Failure, Machine, drive
from vm.notes import cpus, vmcoreinfo
from vm.oracle import PANIC
from vm.places import BOARDS, GiB, MiB, regions
from vm.sleep import wait_event

JOBS = TOP / "vm/jobs"
KEXEC = TOP / "tests/devicetree/jobs/kexec.sh"


def build(arch, flavor="series", variant="run", programs=()):
    """A kernel and the programs of its guest, which are built if need be; programs as in scripts/guest."""
    for command in (["scripts/kernel", arch, flavor, variant], ["scripts/guest", arch, *programs]):
        if subprocess.run(command, cwd=TOP).returncode:
            sys.exit(1)
    return Kernel(arch, flavor, variant)


def fresh(name):
    """An empty directory for a machine."""
    directory = BUILD / "run" / name
    shutil.rmtree(directory, ignore_errors=True)
    return directory


def timeline(log, steps):
    """Print the lines of a log that match, in seconds since the first one, and return its time."""
    begin = None
    for time, step in re.findall(rf"^\[ *(\d+\.\d+)\] {steps}", log, re.M):
        begin = float(time) if begin is None else begin
        print(f"  {float(time) - begin:+10.6f} s  {step}")
    return begin


def panic(arch, level):
    """A panic with kdump loaded: what ran before kdump, from the log in the dump."""
    if level not in ("0", "1", "2", "3", "4"):
        sys.exit(f"safestop: LEVEL={level} is not one of 0 to 4")
    kernel = build(arch)
    vm = Machine(kernel, JOBS / "panic.sh", fresh(f"{arch}-level{level}"),
                 f"crashkernel={kernel.crashkernel}M panic=-1 "
                 f"panic_notifiers_level={level} {kernel.ramoops(dumper=True)}", files=kernel.modules(), wants=[PANIC])
    print(f"safestop: {arch}, panic_notifiers_level={level}, a kmsg dumper (ramoops) is registered")
    with vm:
        vm.wait_said("stage first")
        print("safestop: booted")
        vm.wait_said("loaded")
        print("safestop: crash kernel loaded, now echo c >/proc/sysrq-trigger", flush=True)
        vm.wait_said("stage dump")
        print("safestop: the crash kernel is up and saves the dump", flush=True)
        vm.wait_ok()
    vmcore = vm.vmcore()
    log = vm.vmcore_log(vmcore)
    print("\nWhat happened, from the log in the dump:")
    begin = timeline(log, r"(?:test_panic_notifiers: )?"
                          r"(Kernel panic - not syncing: .*|SMP: stopping secondary CPUs|\w+ list(?=: ))")
    last = float(re.findall(r"^\[ *(\d+\.\d+)\]", log, re.M)[-1])
    print(f"  {last - begin:+10.6f} s  last word in the log; kdump follows")
    print(f"  vmcoreinfo: PANIC_STEP={vmcoreinfo(vm.file('notes'))['PANIC_STEP']}")
    release = next(line for line in vm.said() if line.startswith("release "))
    print(f"  crash kernel {release[8:]}: dump of {vmcore.stat().st_size / MiB:.1f} MiB, "
          f"registers of {len(cpus(vm.file('notes'), arch))} CPUs\n")
    here = os.getcwd()
    print(f"Dump:    {os.path.relpath(vmcore, here)}")
    print(f"Kernel:  {os.path.relpath(kernel.vmlinux, here)}")
    print(f"Console: {os.path.relpath(vm.console_file, here)}")


def crashkernel():
    """The same crashkernel= on the base and on the series, on two machines: what each has reserved."""
    line = "crashkernel=512M,high"
    kernels = [build("arm64", flavor) for flavor in ("base", "series")]
    print(f"safestop: arm64, {line}; low memory, which every device can do DMA to, ends at 4 GiB")
    for name in ("ends 386M above 4G", "6G"):
        board = BOARDS[name]
        print(f"\n{board.memory} MiB of memory, {(board.end - board.low_limit) // MiB} MiB of it above 4 GiB:")
        for kernel in kernels:
            vm = Machine(kernel, JOBS / "crashkernel.sh", fresh(f"{kernel.name}-{board.memory}"), line, smp=1,
                         memory=board.memory)
            with vm:
                vm.wait_ok()
            found = regions(vm.text("iomem"))
            vm.require(found, "nothing is reserved")
            for start, end in found:
                where = "below" if end <= 4 * GiB else "above" if start >= 4 * GiB else "ON BOTH SIDES OF"
                print(f"  {kernel.flavor:6}  {start:#011x}-{end - 1:#011x}  {(end - start) // MiB} MiB {where} 4 GiB",
                      flush=True)
            if min(found)[0] >= 4 * GiB:
                print(f"  {kernel.flavor:6}  nothing below 4 GiB, where the crash kernel may need memory for DMA", flush=True)


def draw(vm, directory):
    """The picture that sleepgraph, of the kernel's tree, makes of the trace of a suspend to RAM."""
    release = re.search(r"Linux version (\S+)", vm.console())[1]
    trace, picture = directory / "ftrace.txt", directory / "suspend.html"
    trace.write_text(time.strftime("# suspend-%m%d%y-%H%M%S safestop mem ") + release + "\n" + vm.text("trace"))
    sleepgraph = subprocess.run(
        ["/usr/bin/python3", BUILD / "tree/tools/power/pm-graph/sleepgraph.py", "-ftrace", trace, "-o", picture],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    vm.require(sleepgraph.returncode == 0 and picture.exists(), f"sleepgraph has failed: {sleepgraph.stdout}")
    vm.require("freeze_filesystems" in picture.read_text(), "the picture does not show the freeze")
    return picture


def suspend():
    """A suspend to RAM while filesystems that stand on each other are written to: in which order they are frozen."""
    kernel = build("x86_64", variant="default")
    directory = fresh("suspend")
    directory.mkdir(parents=True)
    extra = ["-device", "virtio-rng-pci",
             *drive("fstools", BUILD / f"fstools-{kernel.arch}.cpio", ",readonly=on")]
    for name in ("d0", "d1"):
        with open(directory / name, "wb") as disk:
            disk.truncate(GiB)
        extra += drive(name, name, ",cache=unsafe")
    vm = Machine(kernel, JOBS / "suspend.sh", directory, "no_console_suspend", files=kernel.modules(), extra=extra,
                 variables={"SLOW": kernel.slow}, memory=768)
    print("safestop: x86_64; ext4 is in a file on xfs, xfs in a file on btrfs, btrfs and f2fs on a disk each")
    with vm:
        vm.wait_said("writing")
        print("safestop: all of them write, now echo mem >/sys/power/state", flush=True)
        wait_event(vm, "SUSPEND")
        print("safestop: QEMU says that the machine sleeps; waking it", flush=True)
        vm.command_qmp("system_wakeup")
        vm.wait_said("slept mem")
        print("safestop: it is awake; the disks are unmounted and read", flush=True)
        vm.wait_ok()
    print("\nWhat happened, from the log:")
    timeline(vm.text("log"), r"(?:PM: |ACPI: PM: )?(suspend entry.*|Freezing user space.*|Froze .*|Thawed .*"
                             r"|Freezing filesystems.*|Freezing remaining.*|Preparing to enter system sleep.*|suspend exit)")
    for line in vm.said():
        if line.startswith("wrote "):
            print(f"  writes to any disk while all was frozen: {line[6:]}")
        elif line.startswith("checked "):
            print(f"  read from the disk, and right: {line[8:]}")
    print(f"\nPicture: {os.path.relpath(draw(vm, directory), os.getcwd())}, by sleepgraph; for a browser")
    print(f"Console: {os.path.relpath(vm.console_file, os.getcwd())}")


def hotplug():
    """A crash kernel is loaded, then 256 MiB and a CPU come, and that CPU crashes: what the dump has, and the base's."""
    for flavor in ("base", "series"):
        kernel = build("x86_64", flavor, "default")
        print(f"safestop: x86_64, the {flavor}; a DIMM and a CPU are added after the crash kernel has been loaded", flush=True)
        vm = Machine(kernel, JOBS / "hotplug.sh", fresh(f"hotplug-{flavor}"),
                     f"crashkernel={kernel.crashkernel}M panic=-1", wants=[PANIC],
                     variables={"LOAD": "-s", "PRELOAD": ""}, **SLOTS, **SOCKETS)
        with vm:
            vm.wait_said("ask 1 comes")
            plug(vm, "comes")
            vm.wait_said("ask 2 cpu")
            plug(vm, "cpu")
            vm.wait_ok()
        for line in vm.said():
            if line.startswith(("before: ", "added: ")):
                print(f"  {line}")
        notes = vm.file("notes")
        crashing = int(next(line for line in vm.said() if line.startswith("crashing ")).split()[1])
        found = "" if crashing in [pid for pid, _ in cpus(notes, "x86_64")] else ", not of the one that has crashed"
        print(f"  dump: registers of {len(cpus(notes, 'x86_64'))} CPUs{found}; memory:")
        for start, end in loads(notes):
            print(f"    {start:#012x}-{end - 1:#012x}  {(end - start) / MiB:6.1f} MiB")


def devicetree():
    """A machine is given a tree, starts a kernel by kexec, and that one crashes: who has the tree, and the base's."""
    for flavor in ("base", "series"):
        kernel = build("x86_64", flavor, "devicetree", ["newer"])
        directory = fresh(f"devicetree-{flavor}")
        directory.mkdir(parents=True)
        print(f"safestop: x86_64, the {flavor}; QEMU gives it a tree, which alone describes a flash; kexec -s -l, kexec -e, "
              "kexec -s -p, a crash", flush=True)
        board = Board(directory, lambda kernel, job, *rest, **options: Machine(kernel, KEXEC, directory, *rest, **options),
                      kernel, "q35")
        vm = board.start(hops=1, crash="file")
        for number, name in enumerate(("first kernel", "after kexec", "capture kernel")):
            tree = hashlib.sha256(vm.file(f"fdt-{number}")).hexdigest()[:16] if vm.has_file(f"fdt-{number}") else "no tree"
            device = "reads the flash" if vm.has_file(f"device-{number}") else "has no flash"
            print(f"  {name}: /sys/firmware/fdt {tree}; {device}")


def main():
    topic, arch, level = sys.argv[1:]
    topics = {
        "panic-notifiers": (["x86_64", "arm64"], lambda: panic(arch or "x86_64", level or "2")),
        "arm64-crashkernel": (["arm64"], crashkernel),
        "suspend-freeze": (["x86_64"], suspend),
        "crash-hotplug": (["x86_64"], hotplug),
        "x86-devicetree": (["x86_64"], devicetree),
    }
    topic = topic or "panic-notifiers"
    if topic not in topics:
        sys.exit(f"safestop: TOPIC={topic} is not one of {', '.join(topics)}")
    arches, show = topics[topic]
    if arch and arch not in arches:
        sys.exit(f"safestop: {topic} is shown on {' and '.join(arches)}, not on ARCH={arch}")
    try:
        show()
    except Failure as failure:
        sys.exit(f"safestop: {failure}")


if __name__ == "__main__":
    main()
