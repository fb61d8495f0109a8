"""The fixtures of tests/, for suspend and hibernation."""

from tests.conftest import machine, pytest_runtest_makereport  # noqa: F401
