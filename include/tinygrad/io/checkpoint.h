// Checkpoints: all that a killed training run needs to go on, bit for bit, in one safetensors file.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "tinygrad/io/safetensors.h"
#include "tinygrad/random.h"

namespace tinygrad {

/// Where a training run stands. What is not used stays empty.
struct Checkpoint {
  NamedTensors model;             ///< parameters and buffers: state_dict()
  NamedTensors optimizer;         ///< the optimizer's state
  NamedTensors schedule;          ///< the learning rate schedule's state
  std::int64_t epoch = 0;         ///< the epoch that is being trained, from 0
  std::int64_t batch = 0;         ///< how many of its batches are done: what Loader::skip() takes
  Generator generator;            ///< of random numbers: seed and next call
  std::uint64_t loader_seed = 0;  ///< what the Loader was made with
  Metadata metadata;              ///< anything else
};

/// Writes it as save_safetensors() does: an old file of that name survives a failure.
TINYGRAD_API void save_checkpoint(const Checkpoint& checkpoint, const std::string& path,
                                  SourceLocation location = SourceLocation::current());
/// Throws IoError where the file is damaged or is not a checkpoint.
TINYGRAD_API Checkpoint load_checkpoint(const std::string& path, const LoadOptions& options = {},
                                        SourceLocation location = SourceLocation::current());

/// What CheckpointFolder::latest() found.
struct LatestCheckpoint {
  std::optional<Checkpoint> checkpoint;  ///< empty where the folder holds no whole one
  std::string path;                      ///< its file
  std::string warnings;                  ///< a line for each damaged file that was skipped
};

/// A folder with the last two checkpoints of a run, checkpoint-<epoch>-<batch>.safetensors. It
/// deletes older ones that it wrote, and temporary files of saves that were killed; nothing else,
/// and no damaged file. One process at a time may save.
class TINYGRAD_API CheckpointFolder {
 public:
  /// Makes the folder where it is missing. Throws IoError.
  explicit CheckpointFolder(std::string folder,
                            SourceLocation location = SourceLocation::current());
  /// Returns the path. What was saved last counts as the newest, whatever its epoch: a run begun
  /// afresh supersedes an older one.
  std::string save(const Checkpoint& checkpoint,
                   SourceLocation location = SourceLocation::current()) const;
  /// The newest whole checkpoint. Throws IoError only where the folder itself cannot be read.
  LatestCheckpoint latest(const LoadOptions& options = {},
                          SourceLocation location = SourceLocation::current()) const;

 private:
  std::string folder_;
};

}  // namespace tinygrad
