import fcntl
import itertools
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vm.machine import ARCHES, BUILD, Kernel, Machine

DEBUG = bool(os.environ.get("DEBUG"))
OOT = Path(__file__).parent / "oot"


@pytest.fixture(params=["x86_64", "arm64"])
def arch(request):
    return request.param


@pytest.fixture
def series(arch):
    return Kernel(arch, "series", "debug" if DEBUG else "")


@pytest.fixture
def base(arch):
    return Kernel(arch, "base")


def oot_module(kernel, name="oot_panic"):
    """A module of tests/oot, built for this kernel, once for all workers."""
    out = BUILD / "oot" / kernel.name
    out.mkdir(parents=True, exist_ok=True)
    module = out / f"{name}.ko"
    with open(out / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = [*OOT.iterdir(), kernel.image]
        if not module.exists() or module.stat().st_mtime < max(s.stat().st_mtime for s in sources):
            for source in sources[:-1]:
                shutil.copy(source, out)
            arch = ARCHES[kernel.arch]
            subprocess.run(["make", "-s", "-C", kernel.out, f"M={out}",
                            f"ARCH={arch.get('make', kernel.arch)}",
                            f"CROSS_COMPILE={arch.get('cross', '')}", "modules"], check=True)
    return module


def test_module(kernel):
    return kernel.out / "lib/test_panic_notifiers.ko"


def modules(kernel):
    """The kernel's own modules, without debug information."""
    return sorted((kernel.out / "install").rglob("*.ko"))


def selftests(kernel):
    return sorted((kernel.source / "tools/testing/selftests/panic").glob("*_test*"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.failed = True


@pytest.fixture
def machine(request):
    """Makes a Machine, in a directory that stays if the test fails."""
    runs = BUILD / "runs" / re.sub(r"[^\w.=-]+", "_", request.node.name)
    shutil.rmtree(runs, ignore_errors=True)
    count = itertools.count()

    def make(kernel, job, append="", files=(), **options):
        if "-series" in kernel.name:
            files = [*files, test_module(kernel), *selftests(kernel)]
        return Machine(kernel, job, runs / str(next(count)), append,
                       files=[*files, oot_module(kernel)], **options)
    yield make
    if not hasattr(request.node, "failed"):
        shutil.rmtree(runs, ignore_errors=True)
