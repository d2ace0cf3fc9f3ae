// SPDX-License-Identifier: MIT
// Signals that end a training run at the next batch.
#include "tinygrad/train/signals.h"

#include <csignal>

namespace tinygrad::train {
namespace {

volatile std::sig_atomic_t received = 0;
extern "C" void receive(int signal) { received = signal; }

}  // namespace

void watch_signals() {
  received = 0;
  std::signal(SIGINT, receive);
  std::signal(SIGTERM, receive);
}
int interrupted() { return received; }

}  // namespace tinygrad::train
