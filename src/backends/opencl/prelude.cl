// What every kernel begins with: dtypes, in memory and in formulas, and the walk over strided
// elements.
//
// Formulas are computed in float, double or long, and a kernel is compiled for each of the three,
// not for eight dtypes: the others convert when an element is loaded, and are rounded once when it
// is stored. Which one it is a kernel reads from an argument, the same for all work-items. The host
// defines WIDTH, the elements of a vector, and index_t, int where that is enough.

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
/// Every element of a vector converted to a type; and its bits read as one.
#define TO(type, v) CAT(convert_, VEC(type))(v)
#define AS(type, v) CAT(as_, VEC(type))(v)

/// For functions on vectors, which a call would send through memory.
#define INLINE __attribute__((always_inline))

// ------------------------------------------------------------ dtypes
/// A dtype's number, as in tinygrad/dtype.h.
enum { FLOAT32, FLOAT64, FLOAT16, BFLOAT16, INT32, INT64, UINT8, BOOLEAN };

/// A comparison of vectors gives integers of the elements' size, -1 where it holds; one of numbers
/// an int. `b ? x : y` takes both.
#define mask_float int
#define mask_double long
#define mask_long long
#define MASK(type) CAT(mask_, type)

/// The upper half of a float32, rounded to even; NaN stays NaN.
ushort bfloat16_of(float x) {
  const uint bits = as_uint(x);
  return isnan(x) ? (ushort)(bits >> 16 | 64) : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

#define AT(type, p) ((global type*)(p))
#define CONST_AT(type, p) ((global const type*)(p))
/// Element i behind a pointer as a float, double or long; and a number to element i. Integers wrap;
/// to boolean, all but 0 is true.
float load_float(global const uchar* p, int dtype, index_t i) {
  if (dtype == FLOAT32) return CONST_AT(float, p)[i];
  if (dtype == FLOAT16) return vload_half(i, CONST_AT(half, p));
  return as_float((uint)CONST_AT(ushort, p)[i] << 16);
}
void store_float(global uchar* p, int dtype, index_t i, float x) {
  if (dtype == FLOAT32) AT(float, p)[i] = x;
  else if (dtype == FLOAT16) vstore_half_rte(x, i, AT(half, p));
  else AT(ushort, p)[i] = bfloat16_of(x);
}
long load_long(global const uchar* p, int dtype, index_t i) {
  if (dtype == INT64) return CONST_AT(long, p)[i];
  if (dtype == INT32) return CONST_AT(int, p)[i];
  return dtype == UINT8 ? p[i] : p[i] != 0;
}
void store_long(global uchar* p, int dtype, index_t i, long x) {
  if (dtype == INT64) AT(long, p)[i] = x;
  else if (dtype == INT32) AT(int, p)[i] = (int)x;
  else p[i] = dtype == UINT8 ? (uchar)x : (uchar)(x != 0);
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
  if (dtype == FLOAT32) return VLOAD(CONST_AT(float, p) + i);
  if (dtype == FLOAT16) return CAT(vload_half, WIDTH)(0, CONST_AT(half, p) + i);
  return AS(float, TO(uint, VLOAD(CONST_AT(ushort, p) + i)) << 16);
}
VEC(ushort) bfloat16s_of(VEC(float) x) {
  const VEC(uint) bits = AS(uint, x);
  return TO(ushort, x != x ? bits >> 16 | 64 : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
void stores_float(global uchar* p, int dtype, index_t i, VEC(float) x) {
  if (dtype == FLOAT32) VSTORE(x, AT(float, p) + i);
  else if (dtype == FLOAT16) CAT(CAT(vstore_half, WIDTH), _rte)(x, 0, AT(half, p) + i);
  else VSTORE(bfloat16s_of(x), AT(ushort, p) + i);
}
VEC(long) loads_long(global const uchar* p, int dtype, index_t i) {
  if (dtype == INT64) return VLOAD(CONST_AT(long, p) + i);
  if (dtype == INT32) return TO(long, VLOAD(CONST_AT(int, p) + i));
  const VEC(long) bytes = TO(long, VLOAD(p + i));
  return dtype == UINT8 ? bytes : -(bytes != 0);
}
void stores_long(global uchar* p, int dtype, index_t i, VEC(long) x) {
  if (dtype == INT64) VSTORE(x, AT(long, p) + i);
  else if (dtype == INT32) VSTORE(TO(int, x), AT(int, p) + i);
  else VSTORE(TO(uchar, dtype == UINT8 ? x & 255 : -(x != 0)), p + i);
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

// ------------------------------------------------------------ arguments
/// A view: a buffer, the byte where the view begins, and its dtype's number. OPEN goes to that
/// byte.
#define IN(x) global const uchar *x, const long x##_start, const int x##_dtype
#define OUT(x) global uchar *x, const long x##_start, const int x##_dtype
#define OPEN(x) x += x##_start

/// The walk over some operands of one shape, as the host merged it (backends/common/layout.h): the last
/// dimension is the innermost. RANK_name is the rank of the walk `name`: in the gpu form a number,
/// since compilers for GPUs copy a struct that is indexed by what they do not know into the memory
/// of each item.
typedef struct {
  index_t rank, shape[8], strides[1][8];
} Walk1;
typedef struct {
  index_t rank, shape[8], strides[2][8];
} Walk2;
typedef struct {
  index_t rank, shape[8], strides[3][8];
} Walk3;
typedef struct {
  index_t rank, shape[8], strides[4][8];
} Walk4;
typedef struct {
  index_t rank, shape[8], strides[5][8];
} Walk5;

/// Where element i of the walk lies in an operand.
index_t offset_at(const index_t* shape, const index_t* strides, index_t rank, index_t i) {
  index_t offset = 0;
  for (index_t d = rank - 1; d > 0; --d) {
    const index_t outer = i / shape[d];
    offset += (i - outer * shape[d]) * strides[d];
    i = outer;
  }
  return offset + i * strides[0];
}
#define OFFSET(walk, operand, i) offset_at((walk).shape, (walk).strides[operand], RANK_##walk, i)
#endif
