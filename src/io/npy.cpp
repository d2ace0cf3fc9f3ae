// SPDX-License-Identifier: MIT
// Loads and saves .npy files (npy_array.h shows the format).
#include "tinygrad/io/npy.h"

#include "io/guess.h"
#include "io/npy_array.h"
#include "tinygrad/io/file.h"

namespace tinygrad {

using namespace io;

Tensor load_npy(const std::string& path, const NpyOptions& options, SourceLocation location) {
  const Call call{"load_npy", location};
  const FileBytes file(path, options.map, call);
  return parse_npy({call, path, file.bytes(), guess}, options.raw, options.device);
}

void save_npy(const Tensor& tensor, const std::string& path, SourceLocation location) {
  const Call call{"save_npy", location};
  require<ArgumentError>(tensor.defined(), call, "the tensor is undefined");
  NewFile file(path, call);
  file.write(npy_header(tensor.dtype(), tensor.shape()));
  file.write(ElementBytes(tensor).bytes());
  file.commit();
}

}  // namespace tinygrad
