# SPDX-License-Identifier: MIT
"""A recipe of Conan 2: conan create packaging/conan --build=missing."""
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

LEFT_OUT = ("CUDA", "BLAS", "MPI", "BUILD_TESTS", "BUILD_EXAMPLES", "BUILD_BENCH", "BUILD_TOOLS")


class Tinygrad(ConanFile):
    name = "tinygrad-cpp"
    description = "A tensor library with automatic differentiation, in C++"
    license = "MIT"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "opencl": [True, False]}
    default_options = {"shared": False, "opencl": False}
    package_type = "library"

    @property
    def root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        text = load(self, os.path.join(self.root, "include/tinygrad/version.h"))
        self.version = ".".join(re.findall(r"#define TINYGRAD_VERSION_\w+ (\d+)", text))

    def export_sources(self):
        for part in ("CMakeLists.txt", "LICENSE", "CHANGELOG.md", "cmake/*", "include/*", "src/*",
                     "packaging/*", "tools/*"):
            copy(self, part, self.root, self.export_sources_folder)

    def requirements(self):
        self.requires("zlib/[>=1.2.11 <2]")
        self.requires("fmt/[>=9 <13]")
        self.requires("nlohmann_json/[>=3.9 <4]")
        if self.options.opencl:
            self.requires("opencl-clhpp-headers/[>=2022]")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for name in LEFT_OUT:
            toolchain.cache_variables["TINYGRAD_" + name] = "OFF"
        toolchain.cache_variables["TINYGRAD_OPENCL"] = "ON" if self.options.opencl else "OFF"
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        # The package brings its own tinygradConfig.cmake, with a target for each component.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/tinygrad"]
