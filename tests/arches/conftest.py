"""The machines of the architectures that make check does not build, and UML."""

import os
import re
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from conftest import panic_files
from vm.kernel import BUILD, Kernel
from vm.machine import COMPLAINTS, Failure
from vm.oracle import PANIC


@pytest.fixture(params=["arm", "ppc64le", "s390x"])
def arch(request):
    return request.param


@pytest.fixture
def kernel(arch, flavor):
    return Kernel(arch, flavor, "arches")


@pytest.fixture
def start(machine):
    """Makes the machine for a job, with what makes it panic."""
    def make(kernel, job, append="", wants=(PANIC,), **options):
        return machine(kernel, job, append, files=panic_files(kernel), wants=wants, **options)
    return make


class Uml:
    """One run of UML, which is a program; as much of vm.machine.Machine as a control looks at."""

    def __init__(self, flavor, directory, init):
        self.kernel = SimpleNamespace(name=f"um-{flavor}")
        self.out = BUILD / "out" / self.kernel.name
        self.directory = directory
        self.console_file = directory / "console.log"
        self.console_file.write_bytes(b"")
        shutil.copy(init, directory / "init")
        (directory / "init").chmod(0o755)
        names = ["init"]
        if flavor == "series":
            shutil.copy(self.out / "lib/test_panic_notifiers.ko", directory)
            names.append("test_panic_notifiers.ko")
        # the later of two archives wins
        more = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input="\n".join(names).encode(), cwd=directory,
                              stdout=subprocess.PIPE, check=True).stdout
        (directory / "initrd").write_bytes((BUILD / "guest-x86_64.cpio").read_bytes() + more)

    def run(self, append, wants):
        """Run it to its end, which it has to come to by itself."""
        with open(self.console_file, "wb") as console:
            process = subprocess.Popen(
                [self.out / "linux", "mem=128M", "initrd=initrd", "panic_print=2", "con=null", "con0=null,fd:1",
                 "console=tty0", *append.split()],
                cwd=self.directory, env={**os.environ, "TMPDIR": str(self.directory)},
                stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise self.failure("no end within 60 s") from None
        self.require(self.triggers(), "UML has not come to its trigger")
        self.require(process.returncode, "UML has ended as if all were well")
        found = [line for line in self.console().splitlines() if COMPLAINTS.search(line)]
        for line in found:
            self.require(any(re.search(wanted, line) for wanted in wants), f"the kernel complains: {line}")
        for wanted in wants:
            self.require(any(re.search(wanted, line) for line in found), f"the kernel does not complain of '{wanted}'")

    def console(self):
        return self.console_file.read_bytes().decode(errors="replace")

    def triggers(self):
        return re.findall(r"^safestop trigger (.*?)\r?$", self.console(), re.M)

    def failure(self, what):
        return Failure(self, what, f"\n{self.console()}")

    def require(self, condition, what):
        if not condition:
            raise self.failure(what)


@pytest.fixture
def uml(flavor, request, tmp_path):
    return Uml(flavor, tmp_path, request.node.path.parent / "jobs/um-init.sh")
