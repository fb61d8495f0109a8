"""Start a kernel in QEMU, let it crash, and look at what is left.

Only a verdict that the guest sends over its own virtio port, with the nonce of
this run, counts. Silence, a hang and an early end of QEMU are failures that say
which stage was reached last.
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BUILD = TOP / "build"

RAMOOPS = 4  # MiB

ARCHES = {
    "x86_64": {
        # Not qemu64, which has AMD's erratum 400: Linux then idles on the HPET, and two boots have hung
        # in a wait for a timer.
        "qemu": ["qemu-system-x86_64", "-machine", "q35", "-cpu", "Nehalem"],
        "image": "arch/x86/boot/bzImage",
        "console": "ttyS0",
        # The firmware loads the initrd to the end of memory, so a hole in its midst.
        "ramoops": lambda memory: (f"memmap={RAMOOPS}M$0x10000000", 0x10000000),
        "tools": [],
    },
    "arm64": {
        "qemu": ["qemu-system-aarch64", "-machine", "virt,gic-version=3", "-cpu", "cortex-a57"],
        "image": "arch/arm64/boot/Image",
        "console": "ttyAMA0",
        # There is no memmap=, so the end of memory, which begins at 1 GiB.
        "ramoops": lambda memory: (f"mem={memory - RAMOOPS}M", 0x40000000 + (memory - RAMOOPS << 20)),
        "tools": ["qemu-aarch64-static"],
        "cross": "aarch64-linux-gnu-",
    },
    # Only for tests-arches, by scripts/check-arches.
    "arm": {
        "qemu": ["qemu-system-arm", "-machine", "virt,highmem=off", "-cpu", "cortex-a15"],
        "image": "arch/arm/boot/zImage",
        "console": "ttyAMA0",
        "cross": "arm-linux-gnueabihf-",
    },
    "ppc64le": {
        "qemu": ["qemu-system-ppc64", "-machine",
                 "pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off"],
        "image": "vmlinux",
        "console": "hvc0",
        "make": "powerpc",
        "cross": "powerpc64le-linux-gnu-",
    },
    "s390x": {
        "qemu": ["qemu-system-s390x", "-machine", "s390-ccw-virtio", "-cpu", "max"],
        "image": "arch/s390/boot/bzImage",
        "console": "ttysclp0",
        "virtio": "ccw",
        "make": "s390",
        "cross": "s390x-linux-gnu-",
    },
}


class Failure(Exception):
    """The run did not end as it had to; the message says how."""


class Kernel:
    def __init__(self, arch, flavor="series", variant=""):
        self.arch = arch
        self.name = f"{arch}-{flavor}" + (f"-{variant}" if variant else "")
        self.out = BUILD / "out" / self.name
        self.image = self.out / ARCHES[arch]["image"]
        self.vmlinux = self.out / "vmlinux"
        self.source = BUILD / ("base-tree" if flavor == "base" else "tree")
        # KASAN takes an eighth of the memory and most of the speed.
        self.memory, self.crashkernel, self.slow = (2304, 512, 6) if variant == "debug" else (512, 160, 1)

    def symbol(self, name):
        """Address and end of a function of the kernel image, as linked."""
        symbols = []
        for line in (self.out / "System.map").read_text().splitlines():
            address, kind, symbol = line.split()
            if kind in "tTwW":
                symbols.append((int(address, 16), symbol))
        symbols.sort()
        for i, (address, symbol) in enumerate(symbols):
            if symbol == name:
                return address, next(a for a, _ in symbols[i:] if a > address)
        raise Failure(f"{self.vmlinux} has no function {name}")

    def ramoops(self, dumper):
        """Parameters for ramoops, in memory that the kernel does not use and a reset leaves alone.

        Without a dumper it keeps the console over a reboot, but takes no kmsg dump.
        """
        reserve, address = ARCHES[self.arch]["ramoops"](self.memory)
        return (f"{reserve} ramoops.mem_address={address:#x} "
                f"ramoops.mem_size={RAMOOPS << 20:#x} ramoops.console_size=0x40000 "
                f"ramoops.record_size={0x20000 if dumper else 0:#x} ramoops.max_reason=1")


class Machine:
    """One run of QEMU, in a directory of its own."""

    def __init__(self, kernel, job, directory, append="", smp=2, files=(), timeout=90,
                 reboots=False, console=True, memory=None, extra=()):
        self.kernel = kernel
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.nonce = secrets.token_hex(8)
        self.timeout = timeout * kernel.slow
        self.console_file = self.directory / "console.log"
        self.verdict_file = self.directory / "verdict"
        self.dump_file = self.directory / "vmcore.flat"
        self.process = None
        self.qmp = None
        self.events = []
        for file in (self.console_file, self.verdict_file, self.dump_file):
            file.write_bytes(b"")

        self._write_job(job, files)
        arch = ARCHES[kernel.arch]
        virtio = arch.get("virtio", "pci")
        guest = BUILD / f"guest-{kernel.arch}.cpio"
        self.command = [
            *arch["qemu"], "-accel", os.environ.get("ACCEL", "tcg"),
            "-m", str(memory or kernel.memory), "-smp", str(smp), "-nodefaults",
            "-display", "none", "-kernel", kernel.image, "-initrd", guest,
            "-append", f"console={arch['console'] if console else 'none'} {append}",
            "-serial", f"file:{self.console_file.name}",
            "-qmp", "unix:qmp,server=on,wait=off",
            "-device", f"virtio-serial-{virtio}",
        ]
        for port, file in (("verdict", self.verdict_file), ("dump", self.dump_file)):
            self.command += ["-chardev", f"file,id={port},path={file.name}",
                             "-device", f"virtserialport,chardev={port},name={port}"]
        for disk, file in (("kernel", kernel.image), ("initrd", guest),
                           ("job", self.directory / "job.cpio")):
            self.command += ["-drive", f"if=none,id={disk},format=raw,readonly=on,file={file}",
                             "-device", f"virtio-blk-{virtio},drive={disk},serial={disk}"]
        if not reboots:
            self.command += ["-no-reboot"]
        self.command += extra

    def _write_job(self, job, files):
        job_directory = self.directory / "job"
        shutil.rmtree(job_directory, ignore_errors=True)
        job_directory.mkdir()
        (job_directory / "job").write_text(f"NONCE={self.nonce}\nNOW={time.time():.0f}\n{job}\n")
        for file in files:
            shutil.copy(file, job_directory)
        names = "\n".join(p.name for p in job_directory.iterdir())
        with open(self.directory / "job.cpio", "wb") as archive:
            subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=names.encode(),
                           stdout=archive, cwd=job_directory, check=True)

    # While it runs

    def start(self):
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in self.command], cwd=self.directory,
            stdin=subprocess.DEVNULL, stdout=open(self.directory / "qemu.log", "wb"),
            stderr=subprocess.STDOUT, start_new_session=True)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.qmp:
            self.qmp.close()

    def _left(self):
        return self.timeout - (time.monotonic() - self.started)

    def wait_for(self, what, condition):
        """Wait until condition() holds, or fail."""
        while not condition():
            if self.process.poll() is not None and not condition():
                raise self.failure(f"no {what}: QEMU has ended")
            if self._left() <= 0:
                raise self.failure(f"no {what} within {self.timeout} s")
            time.sleep(0.1)

    def wait_said(self, words):
        self.wait_for(words, lambda: words in self.said())

    def wait_console(self, text):
        self.wait_for(f"'{text}' on the console", lambda: text in self.console())

    def wait_end(self):
        """Wait for QEMU to end, as it does when a guest restarts that may not."""
        try:
            self.process.wait(max(self._left(), 0.1))
        except subprocess.TimeoutExpired:
            raise self.failure(f"no end within {self.timeout} s") from None

    def wait_verdict(self):
        """Wait for the guest's verdict, whatever it is."""
        def verdicts():
            return [line[8:] for line in self.said() if line.startswith("verdict ")]
        self.wait_for("verdict", verdicts)
        return verdicts()[0]

    def wait_ok(self):
        verdict = self.wait_verdict()
        if verdict != "ok":
            raise self.failure(verdict)

    def command_qmp(self, execute, **arguments):
        if not self.qmp:
            self.qmp = socket.socket(socket.AF_UNIX)
            here = os.open(self.directory, os.O_PATH)
            self.wait_for("QMP", (self.directory / "qmp").exists)
            # A socket's path is short, a test's directory need not be.
            self.qmp.connect(f"/proc/self/fd/{here}/qmp")
            os.close(here)
            self.qmp_data = b""
            self._qmp_answer()
            self.command_qmp("qmp_capabilities")
        self.qmp.sendall(json.dumps({"execute": execute, "arguments": arguments}).encode())
        while True:
            answer = self._qmp_answer()
            if answer is None:
                raise self.failure(f"QMP {execute}: QEMU is gone")
            if "error" in answer:
                raise self.failure(f"QMP {execute}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def _qmp_answer(self, flags=0):
        """The next line from QMP, kept in events too if it is one; None if there is none (any more)."""
        while b"\n" not in self.qmp_data:
            try:
                data = self.qmp.recv(65536, flags)
            except (BlockingIOError, ConnectionResetError):
                return None
            if not data:
                return None
            self.qmp_data += data
        line, self.qmp_data = self.qmp_data.split(b"\n", 1)
        answer = json.loads(line)
        if "event" in answer:
            when = answer["timestamp"]
            self.events.append((answer["event"], when["seconds"] + when["microseconds"] / 1e6))
        return answer

    def qmp_events(self):
        """Name and time of what QEMU has told of itself since the first command_qmp(), even if it has ended."""
        while self._qmp_answer(socket.MSG_DONTWAIT) is not None:
            pass
        return self.events

    # What is left

    def _parse(self):
        """Lines said with this run's nonce, and the files between them."""
        data = self.verdict_file.read_bytes()
        lines, files = [], {}
        prefix = self.nonce.encode() + b" "
        while b"\n" in data:
            line, data = data.split(b"\n", 1)
            if not line.startswith(prefix):
                continue
            line = line[len(prefix):].decode()
            match = re.fullmatch(r"file (\S+) (\d+)", line)
            if match:
                size = int(match[2])
                files[match[1]], data = data[:size], data[size:]
            else:
                lines.append(line)
        return lines, files

    def said(self):
        return self._parse()[0]

    def stages(self):
        return [line[6:] for line in self.said() if line.startswith("stage ")]

    def file(self, name):
        files = self._parse()[1]
        if name not in files:
            raise self.failure(f"the guest sent no {name}")
        return files[name]

    def has_file(self, name):
        return name in self._parse()[1]

    def text(self, name):
        return self.file(name).decode(errors="replace")

    def console(self):
        return self.console_file.read_bytes().decode(errors="replace")

    def failure(self, what):
        stages = self.stages()
        last = f"the last stage reached was {stages[-1]}" if stages else "no stage was reached"
        tail = "\n".join(self.console().splitlines()[-25:])
        qemu = (self.directory / "qemu.log").read_text()
        return Failure(f"{self.kernel.name}: {what}; {last}; console in {self.console_file}\n"
                       f"{qemu}{tail}")

    def vmcore(self):
        """The dump, rearranged from how it came through the port."""
        path = self.directory / "vmcore"
        path.unlink(missing_ok=True)
        with open(self.dump_file, "rb") as flat:
            run = subprocess.run([*tool(self.kernel.arch, "makedumpfile"), "-R", path], stdin=flat,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            raise self.failure(f"makedumpfile -R: {run.stdout}")
        self.dump_file.unlink()
        return path

    def vmcore_log(self, vmcore):
        """The kernel log in a dump, read on the host."""
        log = self.directory / "vmcore-dmesg"
        log.unlink(missing_ok=True)
        run = subprocess.run([*tool(self.kernel.arch, "makedumpfile"), "--dump-dmesg", vmcore, log],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            raise self.failure(f"makedumpfile --dump-dmesg: {run.stdout}")
        return log.read_text(errors="replace")


def tool(arch, name):
    """The command for a tool that reads dumps of this architecture only."""
    if not ARCHES[arch]["tools"]:
        return [name]
    root = BUILD / f"tools-{arch}"
    return [*ARCHES[arch]["tools"], "-L", root, root / "usr/bin" / name]
