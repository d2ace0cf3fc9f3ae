// The CPU backend, as the table of backends sees it.
#pragma once
#include <memory>

#include "tinygrad/backend.h"

namespace tinygrad {

std::unique_ptr<Backend> make_cpu_backend();

}  // namespace tinygrad
