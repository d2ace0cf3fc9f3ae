// Random numbers by counter. A work-item computes one block of four words: four float32, or two numbers of 64 bits.
#include "prelude.cl"
#include "philox.cl"

kernel void draw(OUT(y), const ulong seed, IN(call), const long call_number, const T low, const T high, const index_t count, const Walk1 walk) {
  const index_t block = get_global_id(0), first = block * (16 / sizeof(T));
  if (first >= count) return;
  OPEN(y);
  const uint4 words = philox(seed, CALL(call), (ulong)block);
#if defined(INTEGER)
  const ulong range = (ulong)high - (ulong)low;
  const long numbers[2] = {(long)((ulong)low + WORD64(words.x, words.y) % range), (long)((ulong)low + WORD64(words.z, words.w) % range)};
#else
#ifdef WIDE
  T numbers[2] = {UNIFORM64(words.x, words.y), UNIFORM64(words.z, words.w)};
#else
  T numbers[4] = {UNIFORM(words.x), UNIFORM(words.y), UNIFORM(words.z), UNIFORM(words.w)};
#endif
  for (int i = 0; i < 16 / sizeof(T); i += 2) {
#ifdef NORMAL  // Box and Muller on pairs; sin and cos of pi times an exact number
    const T r = sqrt(-2 * log(1 - numbers[i])), half_turns = 2 * numbers[i + 1];
    numbers[i] = low + high * (r * cospi(half_turns));
    numbers[i + 1] = low + high * (r * sinpi(half_turns));
#else
    numbers[i] = low + (high - low) * numbers[i];
    numbers[i + 1] = low + (high - low) * numbers[i + 1];
#endif
  }
#endif
  for (int i = 0; i < 16 / sizeof(T) && first + i < count; ++i) AT(T, y)[OFFSET(walk, 0, first + i)] = numbers[i];
}
