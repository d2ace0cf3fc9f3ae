// SPDX-License-Identifier: MIT
// PyTorch's checkpoints, .pth and .pt files, as torch.save() writes them: in the ZIP form since
// PyTorch 1.6 and in the stream form before.
#pragma once
#include <string>

#include "tinygrad/io/safetensors.h"

namespace tinygrad::pytorch {

/// Returns the tensors of a checkpoint. Dictionaries and lists inside one another give names with
/// dots: {"model": {"conv.weight": w}, "steps": [s]} has "model.conv.weight" and "steps.0"; a
/// single tensor has the empty name. 8-bit floats become float32, uint64 becomes int64. Tensors
/// that share a storage share memory.
///
/// The file's pickle is read, not run: it may build dictionaries, lists, numbers, texts and
/// tensors. Throws IoError with the path and the reason if it names any other class or opcode, and
/// if the file is missing, damaged, or a TorchScript archive.
TINYGRAD_API NamedTensors load_pth(const std::string& path, const LoadOptions& options = {},
                                   SourceLocation location = SourceLocation::current());

/// Returns the numbers, texts and truth values of a checkpoint as text, under names with dots:
/// {"epoch": 3} gives {"epoch", "3"}. Throws as load_pth() does.
TINYGRAD_API Metadata load_pth_metadata(const std::string& path,
                                        SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::pytorch
