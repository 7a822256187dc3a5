from pytest_dosai import dosai_server  # noqa: F401 - as it is where the package is installed
