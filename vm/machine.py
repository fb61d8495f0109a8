"""Start a kernel in QEMU, let it crash or sleep, and look at what it leaves.

Only a verdict that the guest sends over its own virtio port, with the nonce of this run, counts. Silence, a hang,
an early end of QEMU and a kernel that complains are failures, which say which stage was reached last.
"""

import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from vm.kernel import BUILD, TOP

GUEST = TOP / "guest"
COMPLAINTS = re.compile("|".join((GUEST / "complaints").read_text().splitlines()))
LOGS = re.compile(r"log$|dmesg|console")


class Failure(Exception):
    """The run did not end as it had to.

    what is the reason in one line: the guest's verdict, or what the host has seen or not seen. The rest of the text
    is for the person who reads it.
    """

    def __init__(self, machine, what, rest):
        super().__init__(f"{machine.kernel.name}: {what}{rest}")
        self.machine = machine
        self.what = what


def drive(name, file, options="", bus="pci"):
    """Arguments for a disk that the guest finds by its name."""
    return ["-drive", f"if=none,id={name},format=raw,file={file}{options}",
            "-device", f"virtio-blk-{bus},drive={name},serial={name}"]


class Machine:
    """One run of QEMU, in a directory of its own.

    job is a shell script for guest/init; variables become shell variables of it. wants are regular expressions,
    in the common part of grep -E and Python, for what the kernel must complain of; what it may complain of is in
    allows.
    """

    def __init__(self, kernel, job, directory, append="", variables=None, wants=(), allows=(), smp=2, files=(),
                 timeout=90, reboots=False, console=True, memory=None, extra=()):
        self.kernel = kernel
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.nonce = secrets.token_hex(8)
        self.timeout = timeout * kernel.slow
        self.wants, self.allows = tuple(wants), tuple(allows)
        self.console_file = self.directory / "console.log"
        self.verdict_file = self.directory / "verdict"
        self.dump_file = self.directory / "vmcore.flat"
        self.process = None
        self.qmp = None
        self.events = []
        for file in (self.console_file, self.verdict_file, self.dump_file):
            file.write_bytes(b"")

        self._write_job(Path(job), variables or {}, files)
        bus = kernel.data["virtio"]
        guest = BUILD / f"guest-{kernel.arch}.cpio"
        self.command = [
            *kernel.data["qemu"].split(), "-accel", os.environ.get("ACCEL", "tcg"),
            "-m", str(memory or kernel.memory), "-smp", str(smp), "-nodefaults",
            "-display", "none", "-kernel", kernel.image, "-initrd", guest,
            "-append", f"console={kernel.data['console'] if console else 'none'} {kernel.data.get('append', '')} "
            # a test that is about KUnit says kunit.enable=1
            f"kunit.enable=0 {append}",
            "-serial", f"file:{self.console_file.name}",
            "-qmp", "unix:qmp,server=on,wait=off",
            "-device", f"virtio-serial-{bus}",
        ]
        for port, file in (("verdict", self.verdict_file), ("dump", self.dump_file)):
            self.command += ["-chardev", f"file,id={port},path={file.name}",
                             "-device", f"virtserialport,chardev={port},name={port}"]
        for disk, file in (("kernel", kernel.image), ("initrd", guest), ("job", self.directory / "job.cpio")):
            self.command += drive(disk, file, ",readonly=on", bus)
        if not reboots:
            self.command += ["-no-reboot"]
        self.command += extra

    def _write_job(self, job, variables, files):
        directory = self.directory / "job"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        variables = {"NONCE": self.nonce, "NOW": int(time.time()), "FLAVOR": self.kernel.flavor, **variables}
        (directory / "variables").write_text("".join(
            f"{name}={shlex.quote(str(value))}\n" for name, value in variables.items()))
        (directory / "wants").write_text("".join(f"{line}\n" for line in self.wants + self.allows))
        shutil.copy(job, directory / "job")
        modules = [file for file in map(Path, files) if file.suffix == ".ko"]
        for file in (GUEST / "complaints", *GUEST.glob("*.sh"), *(set(map(Path, files)) - set(modules))):
            shutil.copy(file, directory)
        if modules:
            release = (self.kernel.out / "include/config/kernel.release").read_text().strip()
            target = directory / "lib/modules" / release
            target.mkdir(parents=True)
            for file in modules:
                shutil.copy(file, target)
            # here, as it takes the guest for seconds; there is no list of what is built in
            subprocess.run(["/sbin/depmod", "-b", directory, release], check=True, stderr=subprocess.DEVNULL)
        names = "\n".join(str(path.relative_to(directory)) for path in sorted(directory.rglob("*")))
        with open(self.directory / "job.cpio", "wb") as archive:
            subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=names.encode(),
                           stdout=archive, cwd=directory, check=True)

    # While it runs

    def start(self):
        (self.directory / "qemu.cmd").write_text(shlex.join(str(word) for word in self.command) + "\n")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in self.command], cwd=self.directory,
            stdin=subprocess.DEVNULL, stdout=open(self.directory / "qemu.log", "wb"),
            stderr=subprocess.STDOUT, start_new_session=True)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *unused):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.qmp:
            self.qmp.close()
        if kind is None:
            self._check_complaints()

    def _check_complaints(self):
        """What the guest has not seen, as it was on the console only, or in the log of a kernel that has crashed."""
        lines, files = self._parse()
        logs = [self.console(), *(data.decode(errors="replace") for name, data in files.items() if LOGS.search(name))]
        found = [line for log in logs for line in log.splitlines() if COMPLAINTS.search(line)]
        for line in found:
            if not any(re.search(wanted, line) for wanted in self.wants + self.allows):
                raise self.failure(f"the kernel complains: {line}")
        for wanted in self.wants:
            if not any(re.search(wanted, line) for line in found):
                raise self.failure(f"the kernel does not complain of '{wanted}'")
        # a sleep that nobody has counted the writes of proves nothing
        asleep = len(re.findall(r"Freezing filesystems completed \([1-9]", self.console()))
        told = sum(line.startswith(("slept ", "refused ")) for line in lines)
        if asleep > told:
            raise self.failure(f"{asleep} sleeps have frozen filesystems, but the guest tells of {told}")
        sleeps = [line for line in lines if re.match(r"slept |wrote ", line)]
        for slept, wrote in zip(sleeps[::2], [*sleeps[1::2], ""]):
            if not (slept.startswith("slept ") and wrote.startswith("wrote ")):
                raise self.failure(f"the writes of a sleep have not been counted: {sleeps}")
            if wrote != "wrote 0":
                raise self.failure(f"{wrote[6:]} writes while all was frozen")

    def _left(self):
        return self.timeout - (time.monotonic() - self.started)

    def wait_for(self, what, condition):
        """Wait until condition() holds, or fail."""
        while not condition():
            early = [line[8:] for line in self.said() if re.match("verdict (?!ok)", line)]
            if early and what != "verdict":
                raise self.failure(early[0])
            if self.process.poll() is not None and not condition():
                raise self.failure(f"no {what}: {self._end()}")
            if self._left() <= 0:
                raise self.failure(f"no {what} within {self.timeout} s")
            time.sleep(0.1)

    def _end(self):
        """How QEMU has ended. A signal is the emulator's own fault, and pytest.ini has such a test run once more."""
        code = self.process.returncode
        return f"QEMU has died of {signal.Signals(-code).name}" if code < 0 else f"QEMU has ended with {code}"

    def wait_said(self, words):
        self.wait_for(f"'{words}'", lambda: words in self.said())

    def wait_console(self, text):
        self.wait_for(f"'{text}' on the console", lambda: text in self.console())

    def wait_end(self):
        """Wait for QEMU to end, as it does when a guest restarts that may not."""
        try:
            self.process.wait(max(self._left(), 0.1))
        except subprocess.TimeoutExpired:
            raise self.failure(f"no end within {self.timeout} s") from None
        if self.process.returncode:
            raise self.failure(self._end())

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
            self.wait_for("QMP", self._qmp_connects)
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

    def _qmp_connects(self):
        """QEMU makes the socket, and listens a moment later."""
        here = os.open(self.directory, os.O_PATH)
        try:
            # A socket's path is short, a test's directory need not be.
            self.qmp.connect(f"/proc/self/fd/{here}/qmp")
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        finally:
            os.close(here)
        return True

    def tell(self, word):
        """Tell the guest something: a port of this name appears, which it can await."""
        self.command_qmp("device_add", driver="virtserialport", id=f"told-{word}", name=word)

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
        lines, files, begin = [], {}, 0
        prefix = self.nonce.encode() + b" "
        while (end := data.find(b"\n", begin)) >= 0:
            line, begin = data[begin:end], end + 1
            if not line.startswith(prefix):
                continue
            line = line[len(prefix):].decode()
            match = re.fullmatch(r"file (\S+) (\d+)", line)
            if match:
                end = begin + int(match[2])
                files[match[1]], begin = data[begin:end], end
            else:
                lines.append(line)
        return lines, files

    def said(self):
        return self._parse()[0]

    def stages(self):
        return [line[6:] for line in self.said() if line.startswith("stage ")]

    def triggers(self):
        # the port may lose what the guest has said just before it crashed; its log says the same
        return ([line[8:] for line in self.said() if line.startswith("trigger ")] or
                re.findall(rf"safestop {self.nonce} trigger (.*?)\r?$", self.console(), re.M))

    def file(self, name):
        files = self.files()
        if name not in files:
            raise self.failure(f"the guest sent no {name}")
        return files[name]

    def has_file(self, name):
        return name in self.files()

    def files(self):
        return self._parse()[1]

    def text(self, name):
        return self.file(name).decode(errors="replace")

    def console(self):
        return self.console_file.read_bytes().decode(errors="replace")

    def failure(self, what):
        """A Failure of this run, for this reason."""
        stages = self.stages()
        last = f"the last stage reached was {stages[-1]}" if stages else "no stage was reached"
        triggers = self.triggers()
        if triggers:
            last += f", the last trigger '{triggers[-1]}'"
        if self.process and self.process.poll() is None:
            last += f", the console has been silent for {time.time() - self.console_file.stat().st_mtime:.0f} s"
        tail = "\n".join(self.console().splitlines()[-25:])
        qemu = (self.directory / "qemu.log").read_text(errors="replace") if self.process else ""
        here = self.directory.relative_to(TOP) if self.directory.is_relative_to(TOP) else self.directory
        return Failure(self, what, f"; {last}\n{qemu}{tail}\nsafestop: its log: less {here}/console.log")

    def require(self, condition, what):
        """What has to hold of this run, or the reason why it has failed. A control expects such a reason of the base."""
        if not condition:
            raise self.failure(what)

    def vmcore(self):
        """The dump, rearranged from how it came through the port."""
        path = self.directory / "vmcore"
        path.unlink(missing_ok=True)
        with open(self.dump_file, "rb") as flat:
            run = subprocess.run([*self.kernel.tool("makedumpfile"), "-R", path], stdin=flat,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            raise self.failure(f"makedumpfile -R: {run.stdout}")
        self.dump_file.unlink()
        return path

    def vmcore_log(self, vmcore):
        """The kernel log in a dump, read on the host."""
        log = self.directory / "vmcore-dmesg"
        log.unlink(missing_ok=True)
        run = subprocess.run([*self.kernel.tool("makedumpfile"), "--dump-dmesg", vmcore, log],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            raise self.failure(f"makedumpfile --dump-dmesg: {run.stdout}")
        return log.read_text(errors="replace")
