"""Conan's test_package: a program with the package, built by the pkg-config files that Conan writes."""
import os

from conan import ConanFile


class Consumer(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "PkgConfigDeps", "VirtualRunEnv"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def build(self):
        program = os.path.join(self.source_folder, "stream.c")
        self.run("PKG_CONFIG_PATH='%s' sh -c 'cc -o stream \"%s\" $(pkg-config --cflags --libs dosai)'" % (self.generators_folder, program))

    def test(self):
        self.run("./stream", env="conanrun")
