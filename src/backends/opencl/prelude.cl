// SPDX-License-Identifier: MIT
// Every kernel includes this file: it loads and stores elements of all dtypes, and computes the
// offsets of strided elements.
//
// Formulas are computed in float, double or long, and a kernel is compiled for each of the three,
// not for each dtype: the others are converted when an element is loaded, and rounded once when it
// is stored. A kernel reads the dtype from an argument, which is the same for all work-items. The
// host defines WIDTH, the elements of a vector, and index_t: int if that is enough, else long.

#ifndef PRELUDE  // included once
#define PRELUDE

#ifndef WIDTH
#define WIDTH 1
#endif
#ifndef index_t
#define index_t int
#endif

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#if WIDTH == 1
#define VEC(type) type
#define VLOAD(p) (*(p))
#define VSTORE(v, p) (*(p) = (v))
#else
#define VEC(type) CAT(type, WIDTH)
#define VLOAD(p) CAT(vload, WIDTH)(0, p)
#define VSTORE(v, p) CAT(vstore, WIDTH)(v, 0, p)
#endif
/// Every element of a vector converted to a type; and the bits of every element read as a type.
#define TO(type, v) CAT(convert_, VEC(type))(v)
#define AS(type, v) CAT(as_, VEC(type))(v)

#define IS_NAN(x) ((x) != (x))

/// Marks functions on vectors, whose arguments a call would send through memory.
#define INLINE __attribute__((always_inline))

// ------------------------------------------------------------ dtypes
/// A dtype as kernels take it: DTYPE_float32, ..., the values of DType in tinygrad/dtype.h.
#define DTYPE(name, text, type, kind, use, cl_type, file_name) DTYPE_##name,
enum {
#include "dtypes.def"
};

/// A comparison of vectors gives integers of the elements' size, -1 if it holds; a comparison of
/// scalars gives an int. `b ? x : y` takes both.
#define mask_float int
#define mask_double long
#define mask_long long
#define MASK(type) CAT(mask_, type)

#define IS_FLOATING_floating(name) \
  if (dtype == DTYPE_##name) return true;
#define IS_FLOATING_integer(name)
#define IS_FLOATING_boolean(name)
bool is_floating(int dtype) {
#define DTYPE(name, text, type, kind, use, cl_type, file_name) IS_FLOATING_##kind(name)
#include "dtypes.def"
  return false;
}

/// The upper half of a float32, rounded to even; NaN stays NaN.
ushort bfloat16_of(float x) {
  const uint bits = as_uint(x);
  return isnan(x) ? (ushort)(bits >> 16 | 64) : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

#define AT(type, p) ((global type*)(p))
#define CONST_AT(type, p) ((global const type*)(p))
/// Element i behind a pointer as a float, double or long; and a value stored as element i. Integers
/// wrap; to boolean, every value but 0 is true.
float load_float(global const uchar* p, int dtype, index_t i) {
  if (dtype == DTYPE_float32) return CONST_AT(float, p)[i];
  if (dtype == DTYPE_float16) return vload_half(i, CONST_AT(half, p));
  return as_float((uint)CONST_AT(ushort, p)[i] << 16);
}
void store_float(global uchar* p, int dtype, index_t i, float x) {
  if (dtype == DTYPE_float32) AT(float, p)[i] = x;
  else if (dtype == DTYPE_float16) vstore_half_rte(x, i, AT(half, p));
  else AT(ushort, p)[i] = bfloat16_of(x);
}
#define LOAD_floating(name, cl_type)
#define LOAD_boolean(name, cl_type)
#define LOAD_integer(name, cl_type) \
  if (dtype == DTYPE_##name) return CONST_AT(cl_type, p)[i];
long load_long(global const uchar* p, int dtype, index_t i) {
#define DTYPE(name, text, type, kind, use, cl_type, file_name) LOAD_##kind(name, cl_type)
#include "dtypes.def"
  return p[i] != 0;
}
#define STORE_floating(name, cl_type)
#define STORE_boolean(name, cl_type)
#define STORE_integer(name, cl_type) \
  if (dtype == DTYPE_##name) {       \
    AT(cl_type, p)[i] = (cl_type)x;  \
    return;                          \
  }
void store_long(global uchar* p, int dtype, index_t i, long x) {
#define DTYPE(name, text, type, kind, use, cl_type, file_name) STORE_##kind(name, cl_type)
#include "dtypes.def"
  p[i] = x != 0;
}
#ifdef cl_khr_fp64
double load_double(global const uchar* p, int dtype, index_t i) { return CONST_AT(double, p)[i]; }
void store_double(global uchar* p, int dtype, index_t i, double x) { AT(double, p)[i] = x; }
#endif
#define LOAD(type, x, i) CAT(load_, type)(x, x##_dtype, i)
#define STORE(type, x, i, value) CAT(store_, type)(x, x##_dtype, i, value)

// The same for WIDTH elements from i on.
#if WIDTH == 1
#define LOADS(type, x, i) LOAD(type, x, i)
#define STORES(type, x, i, value) STORE(type, x, i, value)
#else
VEC(float) loads_float(global const uchar* p, int dtype, index_t i) {
  if (dtype == DTYPE_float32) return VLOAD(CONST_AT(float, p) + i);
  if (dtype == DTYPE_float16) return CAT(vload_half, WIDTH)(0, CONST_AT(half, p) + i);
  return AS(float, TO(uint, VLOAD(CONST_AT(ushort, p) + i)) << 16);
}
VEC(ushort) bfloat16s_of(VEC(float) x) {
  const VEC(uint) bits = AS(uint, x);
  return TO(ushort, x != x ? bits >> 16 | 64 : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
void stores_float(global uchar* p, int dtype, index_t i, VEC(float) x) {
  if (dtype == DTYPE_float32) VSTORE(x, AT(float, p) + i);
  else if (dtype == DTYPE_float16) CAT(CAT(vstore_half, WIDTH), _rte)(x, 0, AT(half, p) + i);
  else VSTORE(bfloat16s_of(x), AT(ushort, p) + i);
}
#define LOADS_floating(name, cl_type)
#define LOADS_boolean(name, cl_type)
#define LOADS_integer(name, cl_type) \
  if (dtype == DTYPE_##name) return TO(long, VLOAD(CONST_AT(cl_type, p) + i));
VEC(long) loads_long(global const uchar* p, int dtype, index_t i) {
#define DTYPE(name, text, type, kind, use, cl_type, file_name) LOADS_##kind(name, cl_type)
#include "dtypes.def"
  return -(TO(long, VLOAD(p + i)) != 0);
}
#define STORES_floating(name, cl_type)
#define STORES_boolean(name, cl_type)
#define STORES_integer(name, cl_type)           \
  if (dtype == DTYPE_##name) {                  \
    VSTORE(TO(cl_type, x), AT(cl_type, p) + i); \
    return;                                     \
  }
void stores_long(global uchar* p, int dtype, index_t i, VEC(long) x) {
#define DTYPE(name, text, type, kind, use, cl_type, file_name) STORES_##kind(name, cl_type)
#include "dtypes.def"
  VSTORE(TO(uchar, -(x != 0)), p + i);
}
#ifdef cl_khr_fp64
VEC(double) loads_double(global const uchar* p, int dtype, index_t i) {
  return VLOAD(CONST_AT(double, p) + i);
}
void stores_double(global uchar* p, int dtype, index_t i, VEC(double) x) {
  VSTORE(x, AT(double, p) + i);
}
#endif
#define LOADS(type, x, i) CAT(loads_, type)(x, x##_dtype, i)
#define STORES(type, x, i, value) CAT(stores_, type)(x, x##_dtype, i, value)
#endif

// ------------------------------------------------------------ sums
/// Adds `value` of type V to `total`, whose rounding error is carried along in `error` (Kahan):
/// there may be no doubles. An error that is NaN comes from an infinite total.
#define ADD_COMPENSATED(V, total, error, value)              \
  {                                                          \
    const V next_ = (value) - (error), now_ = total + next_; \
    error = (now_ - total) - next_;                          \
    error = error != error ? (V)(0) : error, total = now_;   \
  }

// ------------------------------------------------------------ arguments
/// A view: a buffer, the byte where the view begins, and its dtype. OPEN goes to that byte.
#define IN(x) global const uchar *x, const long x##_start, const int x##_dtype
#define OUT(x) global uchar *x, const long x##_start, const int x##_dtype
#define OPEN(x) x += x##_start

/// The layout over some operands of one shape, as the host merged it (backends/common/layout.h):
/// the last dimension is the innermost. RANK_name is the rank of the layout `name`: in the gpu form
/// a number, since compilers for GPUs copy a struct that is indexed by what they do not know into
/// the memory of each item.
typedef struct {
  index_t rank, shape[8], strides[1][8];
} Layout1;
typedef struct {
  index_t rank, shape[8], strides[2][8];
} Layout2;
typedef struct {
  index_t rank, shape[8], strides[3][8];
} Layout3;
typedef struct {
  index_t rank, shape[8], strides[4][8];
} Layout4;
typedef struct {
  index_t rank, shape[8], strides[5][8];
} Layout5;

/// Returns the offset of element i of the layout in an operand.
index_t offset_at(const index_t* shape, const index_t* strides, index_t rank, index_t i) {
  index_t offset = 0;
  for (index_t d = rank - 1; d > 0; --d) {
    const index_t outer = i / shape[d];
    offset += (i - outer * shape[d]) * strides[d];
    i = outer;
  }
  return offset + i * strides[0];
}
#define OFFSET(layout, operand, i) \
  offset_at((layout).shape, (layout).strides[operand], RANK_##layout, i)
#endif
