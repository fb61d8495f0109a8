"""The fixtures of tests/, for a Debian guest."""

from tests.conftest import machine, pytest_runtest_makereport  # noqa: F401
