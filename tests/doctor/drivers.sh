#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests the doctor beside drivers that abort, hang, are missing, or empty: each must be reported,
# and none may hide the others.
#   drivers.sh DOCTOR ABORTING_LIBRARY HANGING_LIBRARY
set -uo pipefail
doctor=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0  # drivers leak, which is not ours
export POCL_CACHE_DIR=$folder/pocl OCL_ICD_VENDORS=$folder/vendors
mkdir "$OCL_ICD_VENDORS" "$POCL_CACHE_DIR"
echo "$2" > "$OCL_ICD_VENDORS/abort.icd"
echo "$3" > "$OCL_ICD_VENDORS/hang.icd"
echo libnowhere.so > "$OCL_ICD_VENDORS/missing.icd"
: > "$OCL_ICD_VENDORS/empty.icd"
[ ! -e /etc/OpenCL/vendors/pocl.icd ] ||
  cp /etc/OpenCL/vendors/pocl.icd "$OCL_ICD_VENDORS/works.icd"

began=$SECONDS
said=$("$doctor" --json --lang en --seconds 10 --device opencl)
echo "$((SECONDS - began)) s"
python3 - "$said" <<'PYTHON'
import json, os, sys
links = json.loads(sys.argv[1])["chains"][0]["links"]
assert links[0]["state"] == "ok", "the loader: " + links[0]["text"]
def icd(name):
    return next(link for link in links if link["link"] == "ICD" and link.get("subject") == name)
def expect(name, beginning, mend):
    link = icd(name)
    assert link["state"] == "broken" and link["text"].startswith(beginning), link
    file = os.environ["OCL_ICD_VENDORS"] + "/" + name
    assert link["mend"]["debian"] == mend.replace("FILE", file), link
reinstall = "sudo apt-get install --reinstall $(dpkg -S FILE | cut -d: -f1)"
hide = "sudo mv FILE FILE.off"
expect("abort.icd", "The driver of abort.icd ends the program (SIGABRT) in dlopen.", hide)
expect("hang.icd", "The driver of hang.icd does not come back from dlopen.", hide)
expect("missing.icd",
       "missing.icd names a driver's library that cannot be opened: libnowhere.so: ", reinstall)
expect("empty.icd", "empty.icd is empty", reinstall)
if os.path.exists(os.environ["OCL_ICD_VENDORS"] + "/works.icd"):
    assert icd("works.icd")["state"] == "ok"
    assert [link["state"] for link in links if link["link"] == "kernel"] == ["ok"], links
PYTHON
