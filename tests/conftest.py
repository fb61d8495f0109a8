"""What the tests share: kernels, machines, and one kind of control.

Every test says how it is known that it can fail:

@control("what the base says") runs it on the unpatched base, too. There it has to fail for this reason: the words
are a regular expression for Failure.what, the guest's verdict or what the host has seen. The guest must have said its
trigger before, so a boot that breaks or a set-up that fails is never a success.

@SLEEPS_TOO is for what the base manages, so that the series must: it has to pass on both. The base, which does not change, is
left to MATRIX=all. @SLEEPS_TOO.with_args(name=[values]): the base with these values of the test's parameters alone.

@no_control("why there is none") runs it on the series alone.

@LONG, on a test or a parameter, leaves it to MATRIX=all. @ONE_ARCH leaves arm64 to that. So does a control that x86_64 has, too.
"""

import fcntl
import itertools
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Failure, Machine

ARCHES = ["x86_64", "arm64"]
OOT = TOP / "guest/oot"


# pytest.ini has the first words, too
BASE_PASSES = "the base passes, so this control proves nothing: it was to say '{}'"


SLEEPS_TOO = pytest.mark.sleeps_too
LONG = pytest.mark.long
# for what is the same code on both
ONE_ARCH = pytest.mark.parametrize("arch", ["x86_64", pytest.param("arm64", marks=LONG)], indirect=True)
EVERY_LEVEL = [0, pytest.param(1, marks=LONG), 2, pytest.param(3, marks=LONG), 4]


def control(says, **only):
    """only: run on the base with these values of the test's parameters alone, as in arch=["arm64"]."""
    return pytest.mark.control(says, only)


def no_control(why):
    return pytest.mark.no_control(why)


def pytest_addoption(parser):
    parser.addoption("--variant", default="default", help="the variant of the series' kernel, as in variants/")
    parser.addoption("--table", help="a file for the table trigger -> base -> series")
    parser.addoption("--matrix", choices=["part", "all"], default="part", help="all: every crashkernel= on every machine")
    parser.addoption("--until", type=float, help="begin no test after this time, in seconds since 1970, but skip it")


def pytest_configure(config):
    config.addinivalue_line("markers", "control(says, only): on the base it fails for this reason")
    config.addinivalue_line("markers", "sleeps_too: the base manages it, so that the series must; the base only with --matrix=all")
    config.addinivalue_line("markers", "long: only with --matrix=all")
    config.addinivalue_line("markers", "no_control(why): there is nothing that could fail on the base")


def pytest_generate_tests(metafunc):
    if "flavor" in metafunc.fixturenames:
        marks = {mark.name for mark in metafunc.definition.iter_markers()}
        metafunc.parametrize("flavor", ["series", "base"] if marks & {"control", "sleeps_too"} else ["series"])


def pytest_collection_modifyitems(config, items):
    for item in items:
        marks = [name for name in ("control", "no_control", "sleeps_too") if item.get_closest_marker(name)]
        if not marks:
            raise pytest.UsageError(f"neither @control nor @no_control: {item.nodeid}")
        if len(marks) > 1:
            raise pytest.UsageError(f"both @{marks[0]} and @{marks[1]}: {item.nodeid}")

    def wanted(item):
        params = item.callspec.params if hasattr(item, "callspec") else {}
        if params.get("flavor") != "base":
            return True
        mark = item.get_closest_marker("control")
        only = mark.args[1] if mark else item.get_closest_marker("sleeps_too").kwargs
        return all(params[name] in values for name, values in only.items())

    def on_base(item, arch):
        params = item.callspec.params if hasattr(item, "callspec") else {}
        return params.get("flavor") == "base" and params.get("arch") == arch

    def is_long(item):
        if item.get_closest_marker("long"):
            return True
        if item.get_closest_marker("sleeps_too"):
            return hasattr(item, "callspec") and item.callspec.params.get("flavor") == "base"
        return on_base(item, "arm64") and (item.path, item.originalname) in controls
    everything = config.getoption("matrix") == "all"
    items[:] = [item for item in items if wanted(item)]
    controls = {(item.path, item.originalname) for item in items
                if on_base(item, "x86_64") and not item.get_closest_marker("long")}
    items[:] = [item for item in items if everything or not is_long(item)]
    for item in items:
        # most failures of the base are races: one run of five that shows it is proof enough
        if item.get_closest_marker("control") and hasattr(item, "callspec") and item.callspec.params.get("flavor") == "base":
            item.add_marker(pytest.mark.flaky(reruns=4))
    # a control must have run somewhere; who asks for single tests may leave it out
    if not any("::" in argument for argument in config.args):
        def functions(flavor):
            return {(item.path, item.originalname) for item in items if item.get_closest_marker("control")
                    and (flavor is None or hasattr(item, "callspec") and item.callspec.params.get("flavor") == flavor)}
        never = functions(None) - functions("base")
        if never:
            raise pytest.UsageError(f"@control that never runs on the base: {', '.join(name for _, name in never)}")


def pytest_runtest_setup(item):
    until = item.config.getoption("until")
    if until and time.time() > until:
        pytest.skip("the time is up")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs a test, and on the base expects the failure that its control names."""
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    mark = pyfuncitem.get_closest_marker("control")
    flavor = pyfuncitem.funcargs.get("flavor")
    on_base = mark is not None and flavor == "base"
    ids = [part for part in pyfuncitem.callspec._idlist if part != flavor] \
        if hasattr(pyfuncitem, "callspec") else []
    name = f"{pyfuncitem.path.parent.name}/{pyfuncitem.path.stem}::{pyfuncitem.originalname}"
    row = {"test": name + (f"[{'-'.join(ids)}]" if ids else ""), "flavor": "base" if on_base else "series",
           "trigger": "", "says": ""}
    if pyfuncitem.get_closest_marker("sleeps_too"):
        row.update(flavor=flavor, trigger="what the base manages", says="passes")
    elif mark is None:
        row["flavor"], row["says"] = "none", pyfuncitem.get_closest_marker("no_control").args[0]
    pyfuncitem.user_properties.append(("safestop", row))
    try:
        pyfuncitem.obj(**arguments)
    except Failure as failure:
        if not on_base:
            raise
        if not failure.machine.triggers():
            raise failure.machine.failure(f"the control has not come to its trigger: {failure.what}") from failure
        if not re.search(mark.args[0], failure.what):
            raise failure.machine.failure(f"the control expects '{mark.args[0]}', not '{failure.what}'") from failure
        row["trigger"], row["says"] = failure.machine.triggers()[-1], failure.what
        if pyfuncitem.execution_count > 1:
            row["says"] += f" (in run {pyfuncitem.execution_count})"
    except AssertionError:
        if not on_base:
            raise
        pytest.fail(BASE_PASSES.format(mark.args[0]))
    else:
        if on_base:
            pytest.fail(BASE_PASSES.format(mark.args[0]))
    return True


def table(rows):
    """trigger -> base -> series for each test with a control, then why the others have none."""
    lines, bases, without = [], {}, {}
    for row in rows:
        if row["flavor"] == "base":
            bases[row["test"]] = row
        elif row["flavor"] == "none":
            key = row["test"].split("[")[0], row["says"]
            without[key] = without.get(key, 0) + 1
    passed = {row["test"] for row in rows if row["flavor"] == "series" and row["outcome"] == "passed"}
    for test, row in sorted(bases.items()):
        failed = "IT FAILS" if row["says"] == "passes" else "THE CONTROL FAILED"
        outcome = row["says"] if row["outcome"] == "passed" else failed
        lines.append(f"{test}: {row['trigger']} -> base: {outcome} -> series: "
                     f"{'passed' if test in passed else 'did not pass'}")
    for (test, why), count in sorted(without.items()):
        lines.append(f"{test} ({count}): no control: {why}")
    return lines


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    """The table, and below it what a test has to say: its record_property("note", text)."""
    rows, notes = [], []
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            properties = dict(getattr(report, "user_properties", []))
            if getattr(report, "when", "") == "call" and "safestop" in properties:
                rows.append({**properties["safestop"], "outcome": outcome})
                notes += properties.get("note", "").splitlines()
    if rows:
        lines = table(rows) + notes
        if config.getoption("table"):
            Path(config.getoption("table")).write_text("".join(f"{line}\n" for line in lines))
        terminalreporter.section("trigger -> base -> series")
        for line in lines:
            terminalreporter.write_line(line)


# Kernels

@pytest.fixture(params=ARCHES)
def arch(request):
    return request.param


@pytest.fixture
def variant(request):
    return request.config.getoption("--variant")


@pytest.fixture
def kernel(arch, flavor, variant):
    """The kernel that a test is about: with a control also the base."""
    return Kernel(arch, flavor, variant if flavor == "series" else "default")


def oot_module(kernel, name="oot_panic"):
    """A module of guest/oot, built for this kernel, once for all workers."""
    out = BUILD / "oot" / kernel.name
    out.mkdir(parents=True, exist_ok=True)
    module = out / f"{name}.ko"
    with open(out / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # oot_survive includes a file of the series
        needs = [*OOT.iterdir(), kernel.image, *BUILD.glob("tree/lib/test_panic_notifiers.c")]
        if not module.exists() or module.stat().st_mtime < max(path.stat().st_mtime for path in needs):
            for source in OOT.iterdir():
                shutil.copy(source, out)
            subprocess.run(["make", "-s", "-C", kernel.out, f"M={out}", f"ARCH={kernel.data['karch']}",
                            f"CROSS_COMPILE={kernel.data['cross']}", "modules"], check=True)
    return module


def panic_files(kernel):
    """What makes this kernel panic: modules, and the kselftest of the series."""
    if kernel.flavor == "base":
        return [oot_module(kernel), oot_module(kernel, "oot_survive")]
    return [oot_module(kernel), kernel.out / "lib/test_panic_notifiers.ko",
            *(file for file in (kernel.source / "tools/testing/selftests/panic").iterdir()
              if re.search("_test|survive", file.name))]


def program(name, kernel):
    """A C program of guest/, linked for the guest; NAME.so is a library for LD_PRELOAD."""
    out = BUILD / "programs" / kernel.arch
    out.mkdir(parents=True, exist_ok=True)
    options = ["-shared", "-fPIC"] if name.endswith(".so") else ["-static"]
    with open(out / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        source = TOP / f"guest/{name.removesuffix('.so')}.c"
        if not (out / name).exists() or (out / name).stat().st_mtime < source.stat().st_mtime:
            subprocess.run([f"{kernel.data['cross']}gcc", *options, "-O1", "-o", out / name, source], check=True)
    return out / name


def hotplug_files(kernel):
    """What looks at memory that comes and goes, and the flag of kexec_load that Debian's kexec does not know."""
    return [oot_module(kernel, "oot_hotplug"), program("patterns", kernel), program("kexec_flags.so", kernel)]


# Machines

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.failed = True
        report.sections.append(("what is left", f"safestop: run it again: /usr/bin/python3 -m pytest '{item.nodeid}'\n"
                                f"safestop: see its logs: less '{run_directory(item).relative_to(TOP)}'/*/console.log"))


def run_directory(item):
    return BUILD / "runs" / item.path.parent.name / item.path.stem / re.sub(r"[^\w.=-]+", "_", item.name)


class Machines:
    """Makes the machines of a test, in a directory that stays if the test fails."""

    def __init__(self, node):
        self.jobs = node.path.parent / "jobs"
        self.directory = run_directory(node)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.count = itertools.count()

    def __call__(self, kernel, job, append="", **options):
        """A Machine for a job of the folder's jobs/; options are those of Machine."""
        return Machine(kernel, self.jobs / f"{job}.sh", self.directory / str(next(self.count)), append, **options)

    def disk(self, name, mib):
        """An empty disk, or the one of this name that an earlier machine of the test has written to."""
        path = self.directory / name
        if not path.exists():
            with open(path, "wb") as disk:
                disk.truncate(mib << 20)
        return path


@pytest.fixture
def machine(request):
    machines = Machines(request.node)
    yield machines
    if not hasattr(request.node, "failed"):
        shutil.rmtree(machines.directory, ignore_errors=True)
