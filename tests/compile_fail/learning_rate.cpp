// SPDX-License-Identifier: MIT
// Options have names: the compiler shows the line that says how to write them.
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;
void optimizers(tg::nn::Module& net) {
  tg::optim::SGD sgd(net.parameters(), {.lr = 0.1});
  tg::optim::Adam adam(net.parameters(), {});
  tg::optim::AdamW adamw(net.parameters());
#ifdef WRONG
  tg::optim::Adam positional(net.parameters(), 0.01);  // says: write Adam(params, {.lr = lr})
#endif
}
