from pytest_dosai import dosai_server, pytest_runtest_makereport  # noqa: F401 - as it is where the package is installed
