// Random numbers by counter. A work-item computes WIDTH blocks of four words: four float32 each, or two numbers of 64 bits.
#include "vectors.cl"
#include "philox.cl"

#define NUMBERS (WIDTH * 16 / (int)sizeof(T))  // of a work-item
#ifdef WIDE
#define UNIFORM_NUMBER(words, i) UNIFORM64(words[2 * (i)], words[2 * (i) + 1])
#else
#define UNIFORM_NUMBER(words, i) UNIFORM(words[i])
#endif

#ifdef KERNEL_draw
kernel void draw(OUT(y), const ulong seed, IN(call), const long call_number, const T low, const T high, const index_t count, const Walk1 walk) {
  const index_t first = (index_t)get_global_id(0) * NUMBERS;
  if (first >= count) return;
  OPEN(y);
  uint words[4 * WIDTH];
  philox(seed, CALL(call), (ulong)get_global_id(0) * WIDTH, words);
  T numbers[NUMBERS];
#if defined(INTEGER)
  const ulong range = (ulong)high - (ulong)low;
  for (int i = 0; i < NUMBERS; ++i) numbers[i] = (long)((ulong)low + WORD64(words[2 * i], words[2 * i + 1]) % range);
#else
  for (int i = 0; i < NUMBERS; ++i) numbers[i] = UNIFORM_NUMBER(words, i);
#ifdef NORMAL  // Box and Muller on pairs; sin and cos of pi times an exact number
  for (int i = 0; i < NUMBERS; i += 2) {
    const T r = sqrt(-2 * log(1 - numbers[i])), half_turns = 2 * numbers[i + 1];
    numbers[i] = low + high * (r * cospi(half_turns));
    numbers[i + 1] = low + high * (r * sinpi(half_turns));
  }
#else
  for (int i = 0; i < NUMBERS; ++i) numbers[i] = low + (high - low) * numbers[i];
#endif
#endif
  const int some = min((index_t)NUMBERS, count - first);
  for (int i = 0; i < some; ++i) AT(T, y)[OFFSET(walk, 0, first + i)] = numbers[i];
}
#endif

#ifdef KERNEL_dropout
/// WIDTH uniform numbers, from number i on.
INLINE V uniform_vector(const uint* words, int i) {
#ifdef WIDE
  T all[WIDTH];
  for (int lane = 0; lane < WIDTH; ++lane) all[lane] = UNIFORM_NUMBER(words, i + lane);
  return VLOAD(all);
#else
  return TO(float, VLOAD(words + i) >> 8) * 0x1p-24f;
#endif
}
/// y = u >= p ? x / (1 - p) : 0, u the uniform numbers of the key. Dense arrays.
kernel void dropout(IN(x), OUT(y), const ulong seed, IN(call), const long call_number, const T p, const index_t count) {
  const index_t first = (index_t)get_global_id(0) * NUMBERS;
  if (first >= count) return;
  OPEN(x);
  OPEN(y);
  uint words[4 * WIDTH];
  philox(seed, CALL(call), (ulong)get_global_id(0) * WIDTH, words);
#pragma unroll
  for (int i = 0; i < NUMBERS; i += WIDTH) {
    const index_t left = count - first - i;
    if (left <= 0) return;
    const V kept = take(x, x_dtype, first + i, left, 0) / (1 - p);
    put(y, y_dtype, first + i, left, uniform_vector(words, i) >= p ? kept : (V)(0));
  }
}
#endif
