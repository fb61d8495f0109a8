"""The fixtures of tests/, for other architectures."""

from tests.conftest import base, machine, pytest_runtest_makereport, series  # noqa: F401
