"""make bench T=survive: how often dump or log are left when a step of the panic fails, on the base and on the series.

Each line of survive.txt is tried at levels 0 and 4, on the base without and with crash_kexec_post_notifiers, with and
without a crash kernel, and with panic_on_oops=0 and 1. What has to be left is a dump whose log can be read, or without a crash
kernel a record of pstore after a restart.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor

from tests.conftest import oot_module
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Failure, Machine

LINES = (TOP / "build/tree/tools/testing/selftests/panic/survive.txt").read_text().splitlines()


def captured(case):
    arch, flavor, (fail, how), level, kdump, on_oops = case
    kernel = Kernel(arch, flavor)
    if flavor == "base":
        module, first = oot_module(kernel, "oot_survive"), "crash_kexec_post_notifiers" if level else ""
    else:
        module, first = kernel.out / "lib/test_panic_notifiers.ko", f"panic_notifiers_level={level}"
    append = f"{first} panic=1 {f'crashkernel={kernel.crashkernel}M' if kdump else ''} {kernel.ramoops(True)}"
    if how == "warn":
        append += " panic_on_taint=0x200"
    vm = Machine(kernel, TOP / "bench/jobs/survive.sh", BUILD / "bench/survive" / "-".join(
        str(word) for word in (arch, flavor, fail, how, level, kdump, on_oops)), append, reboots=True, timeout=40,
        variables={"FAIL": fail, "HOW": how, "ON_OOPS": on_oops, "KDUMP": "1" if kdump else "", "MODULE": module.stem},
        files=[module], allows=["."])
    try:
        with vm:
            vm.wait_ok()
    except Failure as failure:
        # Nothing is counted before the failure that is asked for.
        if not vm.triggers():
            raise
        return False
    return True


def main():
    print("captured / tried: dump or record left when a step of the panic fails")
    print(f"{'':32}{'base':>12}{'series':>12}")
    lines = [tuple(line.split()[:2]) for line in LINES if not line.startswith("#")]
    for arch, (fail, group) in itertools.product(
            ("x86_64", "arm64"), [(fail, list(group)) for fail, group in itertools.groupby(lines, lambda line: line[0])]):
        for kdump in True, False:
            counts = []
            for flavor in "base", "series":
                cases = list(itertools.product([arch], [flavor], group, [0, 4], [kdump], [0, 1]))
                with ThreadPoolExecutor(3) as pool:
                    counts.append(f"{sum(pool.map(captured, cases))}/{len(cases)}")
            print(f"{arch + ' ' + fail + (', kdump' if kdump else ', pstore'):32}{counts[0]:>12}{counts[1]:>12}", flush=True)


if __name__ == "__main__":
    main()
