// A module is moved, never copied: two modules would own one set of parameters.
#include "tinygrad/tinygrad.h"

int main() {
  tinygrad::nn::Linear a(2, 3);
  auto moved = std::move(a);
#ifdef WRONG
  auto copied = moved;
#endif
}
