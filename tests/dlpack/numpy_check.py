# SPDX-License-Identifier: MIT
# numpy_check.py LIBRARY: NumPy takes the tensors of LIBRARY (tests/dlpack/exports.cpp) and gives
# it arrays, by DLPack. LIBRARY is called through ctypes, without code that binds it to Python.
import ctypes
import gc
import sys
import weakref

import numpy as np

library = ctypes.CDLL(sys.argv[1])
for name in ("tensor_new", "tensor_view", "tensor_expanded", "to_dlpack", "to_dlpack_unversioned",
             "from_dlpack"):
    getattr(library, name).restype = ctypes.c_void_p
library.live_blocks.restype = ctypes.c_size_t
library.tensor_at.restype = ctypes.c_double
library.tensor_about.restype = library.error.restype = ctypes.c_char_p
pointer, boolean = ctypes.c_void_p, ctypes.c_bool
for name in ("tensor_view", "tensor_expanded", "tensor_delete", "tensor_about",
             "to_dlpack_unversioned"):
    getattr(library, name).argtypes = [pointer]
library.to_dlpack.argtypes = library.from_dlpack.argtypes = [pointer, boolean]
library.tensor_at.argtypes = [pointer, ctypes.c_int64]
library.tensor_fill.argtypes = [pointer, ctypes.c_double]

python = ctypes.pythonapi
python.PyCapsule_New.restype = ctypes.py_object
python.PyCapsule_New.argtypes = [pointer, ctypes.c_char_p, pointer]
python.PyCapsule_GetPointer.restype = pointer
python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
python.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]
VERSIONED, UNVERSIONED = b"dltensor_versioned", b"dltensor"
USED = {VERSIONED: b"used_dltensor_versioned", UNVERSIONED: b"used_dltensor"}
checks = 0


def check(ok, what):
    global checks
    checks += 1
    if not ok:
        sys.exit(f"FAILED: {what}")


class Exported:
    """A tensor in the protocol of numpy.from_dlpack."""

    def __init__(self, tensor, read_only=False, versioned=True):
        self.tensor, self.read_only, self.versioned = tensor, read_only, versioned

    def __dlpack_device__(self):
        return 1, 0

    def __dlpack__(self, **options):
        if self.versioned:
            managed = library.to_dlpack(self.tensor, self.read_only)
            return python.PyCapsule_New(managed, VERSIONED, None)
        return python.PyCapsule_New(library.to_dlpack_unversioned(self.tensor), UNVERSIONED, None)


def imported(array, version):
    """The tensor of an array, or None if the library refuses it."""
    name = VERSIONED if version else UNVERSIONED
    capsule = array.__dlpack__(max_version=version)
    tensor = library.from_dlpack(python.PyCapsule_GetPointer(capsule, name), bool(version))
    if tensor:
        python.PyCapsule_SetName(capsule, USED[name])
    return tensor


def numpy_reads(dtype, versioned):
    before = library.live_blocks()
    x = library.tensor_new(dtype.encode())
    view = library.tensor_view(x)
    expected = np.arange(24).astype(dtype).reshape(4, 6)
    arrays = [(np.from_dlpack(Exported(x, versioned=versioned)), expected),
              (np.from_dlpack(Exported(view, versioned=versioned)), expected[:, 1::2].T)]
    library.tensor_delete(view)
    library.tensor_delete(x)
    for array, values in arrays:
        check(array.dtype == values.dtype and np.array_equal(array, values), f"{dtype} to NumPy")
    check(library.live_blocks() == before + 1, "the arrays keep the memory")
    del arrays, array
    gc.collect()
    check(library.live_blocks() == before, "the last deleter frees the memory")


def numpy_writes():
    x = library.tensor_new(b"float32")
    array = np.from_dlpack(Exported(x))
    array[1, 1] = 70
    check(library.tensor_at(x, 7) == 70, "NumPy writes into the tensor")
    check(not np.from_dlpack(Exported(x, read_only=True)).flags.writeable, "the read-only flag")
    expanded = library.tensor_expanded(x)
    check(not np.from_dlpack(Exported(expanded)).flags.writeable, "shared elements are read-only")
    check(np.from_dlpack(Exported(expanded, versioned=False)).strides == (96, 24, 4), "a copy")
    library.tensor_delete(expanded)
    library.tensor_delete(x)


def numpy_gives(dtype, version):
    base = np.arange(24).astype(dtype).reshape(4, 6)
    for array in (base, base[1:, ::2], base.T, base[::-1], base[:1][::-1], base[:0]):
        x = imported(array, version)
        check(x, library.error().decode())
        about = f"{dtype}[{', '.join(map(str, array.shape))}]"
        check(library.tensor_about(x).decode() == about, about)
        values = [library.tensor_at(x, i) for i in range(array.size)]
        check(values == array.astype(float).ravel().tolist(), f"{about} from NumPy")
        library.tensor_delete(x)


def numpy_is_released(version):
    array = np.arange(6, dtype="float32")
    alive = weakref.ref(array)
    x = imported(array, version)
    library.tensor_fill(x, 5)
    check(array.tolist() == [5] * 6, "the tensor writes into the array")
    del array
    gc.collect()
    check(alive() is not None, "the tensor keeps the array")
    library.tensor_delete(x)
    gc.collect()
    check(alive() is None, "the deleter releases the array")


def numpy_is_refused():
    check(imported(np.zeros(3, "complex64"), (1, 0)) is None, "complex64 was taken")
    check("type code 5 with 64 bits" in library.error().decode(), library.error())
    check(imported(np.zeros(3, "uint64"), (1, 0)) is None, "uint64 was taken")
    array = np.arange(3, dtype="float32")
    array.flags.writeable = False
    x = imported(array, (1, 0))
    library.tensor_fill(x, 5)
    check(array.tolist() == [0, 1, 2], "a read-only array was written")
    library.tensor_delete(x)


for dtype in ("float32", "float64", "float16", "int32", "int64", "uint8", "int8", "int16",
              "uint16", "uint32", "bool"):
    for version in (None, (1, 0)):
        numpy_reads(dtype, version is not None)
        numpy_gives(dtype, version)
for version in (None, (1, 0)):
    numpy_is_released(version)
numpy_writes()
numpy_is_refused()
print(f"{checks} cases of DLPack agree with NumPy {np.__version__}")
