"""libdosai with the system's libcurl and jansson. It needs Swift 6.3 and make, which are the system's, too."""
import os

from conan import ConanFile
from conan.tools.files import copy, rmdir, rm

SOURCES = ("Makefile", "Package.swift", "LICENSE", "Sources/*", "include/*", "scripts/*", "cli/*", "bindings/cpp/dosai.hpp",
           "packaging/*.in", "Tests/Unit/*", "bindings/swift/Sources/*")


class Dosai(ConanFile):
    name = "dosai"
    version = "0.1.0"
    license = "MIT"
    homepage = "https://dos.ai"
    description = "The chat-completions client that a program can embed"
    package_type = "shared-library"
    settings = "os", "arch"

    def export_sources(self):
        for pattern in SOURCES:
            copy(self, pattern, os.path.join(self.recipe_folder, "../.."), self.export_sources_folder)

    def build(self):
        self.run("make")

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        self.run("make install DESTDIR='%s' PREFIX= LIBDIR=/lib" % self.package_folder)
        rm(self, "libdosai.a", os.path.join(self.package_folder, "lib"))
        rmdir(self, os.path.join(self.package_folder, "lib/cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib/pkgconfig"))

    def package_info(self):
        self.cpp_info.libs = ["dosai"]
