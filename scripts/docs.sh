#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes the API reference to build/docs/html from the comments of the public headers, with Doxygen.
# A warning of Doxygen is an error.
source "$(dirname "$0")/lib.sh"

install_packages doxygen
mkdir -p build/docs
timed "writing build/docs/html" doxygen docs/Doxyfile
