#!/usr/bin/env python3
"""PHP's own tests, and its examples."""
import os, pathlib, sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Tests/Support"))
import own_tests

TESTS = {HERE / "calls.php": 14, HERE / "ends.php": 7, HERE / "fpm.php": 6, HERE / "select.php": 4, HERE / "leaks.php": 1}
WANTED = {"json_mode": "NULL", "many": "100 answers", "tools": "error: there is no function add"}
PHP = ["php", "-d", "display_errors=stderr", "-d", "zend.assertions=1", "-d", "auto_prepend_file=%s" % (HERE.parent / "autoload.php")]

if __name__ == "__main__":
    sys.exit(own_tests.judge(TESTS, sorted(set((HERE.parent / "examples").glob("*.php")) - {HERE.parent / "examples/server.php"}), PHP, dict(os.environ), WANTED))
