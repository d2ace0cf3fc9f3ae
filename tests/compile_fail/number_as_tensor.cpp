// A number is not a tensor: where one is meant, full() says so.
#include "tinygrad/tinygrad.h"

int main() {
  tinygrad::Tensor x = tinygrad::full({}, 2);
#ifdef WRONG
  tinygrad::Tensor y = 2;
#endif
}
