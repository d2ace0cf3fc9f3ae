// SPDX-License-Identifier: MIT
// Checkpoints: the whole state of a training run in one safetensors file, from which a run that was
// killed continues with bit-identical results.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "tinygrad/io/safetensors.h"
#include "tinygrad/random.h"

namespace tinygrad {

/// The state of a training run. Members that are not used stay empty.
struct Checkpoint {
  NamedTensors model = {};        ///< the module's state_dict(): parameters and buffers
  NamedTensors optimizer = {};    ///< the optimizer's state_dict()
  NamedTensors schedule = {};     ///< the learning rate schedule's state_dict()
  std::int64_t epoch = 0;         ///< the epoch that is being trained, from 0
  std::int64_t batch = 0;         ///< its batches that are done, for DataLoader::skip()
  Generator generator = {};       ///< the random generator: its seed and its next call
  std::uint64_t loader_seed = 0;  ///< DataLoader::seed()
  Metadata metadata = {};         ///< any other text
  NamedTensors extra = {};        ///< any other tensors: sums of metrics, a GradScaler's state
};

/// Writes a checkpoint as save_safetensors() does: if it fails, an old file of that name survives.
/// Throws IoError.
TINYGRAD_API void save_checkpoint(const Checkpoint& checkpoint, const std::string& path,
                                  SourceLocation location = SourceLocation::current());
/// Reads a checkpoint. Throws IoError if the file is missing, damaged or not a checkpoint.
TINYGRAD_API Checkpoint load_checkpoint(const std::string& path, const LoadOptions& options = {},
                                        SourceLocation location = SourceLocation::current());

/// The result of CheckpointFolder::latest().
struct LatestCheckpoint {
  std::optional<Checkpoint> checkpoint;  ///< empty if the folder holds no intact checkpoint
  std::string path;                      ///< the file of the checkpoint
  std::string warnings;                  ///< one line for each damaged file that was skipped
};

/// A folder with the last two checkpoints of a run, checkpoint-EPOCH-BATCH.safetensors. It
/// deletes older checkpoints that it wrote and temporary files of saves that were killed. It
/// deletes nothing else, and no damaged file. Only one process at a time may save.
class TINYGRAD_API CheckpointFolder {
 public:
  /// Creates the folder if it does not exist. Throws IoError.
  explicit CheckpointFolder(std::string folder,
                            SourceLocation location = SourceLocation::current());
  /// Saves a checkpoint and returns the path of its file. The checkpoint that was saved last counts
  /// as the newest, whatever its epoch, so that a new run supersedes an older one. Throws IoError.
  std::string save(const Checkpoint& checkpoint,
                   SourceLocation location = SourceLocation::current()) const;
  /// Loads the newest intact checkpoint. Throws IoError only if the folder itself cannot be read.
  LatestCheckpoint latest(const LoadOptions& options = {},
                          SourceLocation location = SourceLocation::current()) const;

 private:
  std::string folder_;
};

}  // namespace tinygrad
