"""make bench T=survive: how often dump or log are left when a step of the panic fails, on the base and on the series.

Each line of survive.txt is tried kdump first (level 0) and everything before kdump (level 4, on the base
crash_kexec_post_notifiers), with and without a crash kernel, by turns with panic_on_oops=0 and 1. What has to be left is a dump
whose log can be read, or without a crash kernel a record of pstore after a restart, within 20 s.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor

from tests.conftest import panic_files
from vm import survive
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Failure, Machine


def survived(kernel, case):
    """None, or why there is neither dump nor record."""
    options = survive.options(kernel, case)
    options["append"] += f" {kernel.ramoops(True)}"
    options["variables"]["DUMPER"] = 1
    vm = Machine(kernel, TOP / "tests/panic/jobs/survive.sh",
                 BUILD / "bench/survive" / f"{kernel.name}-{survive.name(case)}", files=panic_files(kernel), timeout=20, **options)
    try:
        with vm:
            survive.require_survived(vm, case)
    except Failure as failure:
        # Nothing is counted before the failure that is asked for.
        if not vm.triggers():
            raise
        return failure.what
    return None


def main():
    print("captured / tried: dump or record left when a step of the panic fails")
    print(f"{'':32}{'base':>12}{'series':>12}")
    why = []
    for arch, (fail, group) in itertools.product(
            ("x86_64", "arm64"), [(fail, list(group)) for fail, group in itertools.groupby(
                survive.lines(), lambda line: line[0])]):
        for kdump in True, False:
            cases = [(*line, level, kdump, (i + level // 4) % 2) for i, line in enumerate(group) for level in (0, 4)]
            counts = []
            for flavor in "base", "series":
                kernel = Kernel(arch, flavor)
                with ThreadPoolExecutor(3) as pool:
                    lost = list(pool.map(lambda case: survived(kernel, case), cases))
                counts.append(f"{lost.count(None)}/{len(cases)}")
                why += [f"{kernel.name} {survive.name(case)}: {words}" for case, words in zip(cases, lost) if words]
            print(f"{arch + ' ' + fail + (', kdump' if kdump else ', pstore'):32}{counts[0]:>12}{counts[1]:>12}", flush=True)
    print("What was lost, and why", *why, sep="\n")


if __name__ == "__main__":
    main()
