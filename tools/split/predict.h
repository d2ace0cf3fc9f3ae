// SPDX-License-Identifier: MIT
// What a step of training takes if a model and its batch are divided among the devices of a
// cluster, and the best division.
#pragma once
#include <tinygrad/distributed/schedule.h>

#include "model.h"

namespace tinygrad::simulator {

/// How a model and a batch are divided: data × tensor × pipeline devices. Neighbours share the
/// matrices of a layer; then come the copies of the model, then the stages of the pipeline. A stage
/// has `chunks` parts of the model, p parts apart (Narayanan et al. 2021: interleaved schedule).
struct Division {
  int data = 1, tensor = 1, pipeline = 1, micro_batch = 1, chunks = 1;
  friend bool operator==(const Division&, const Division&) = default;
};
/// "d 4, t 2, p 1, b 16".
std::string to_string(const Division& division);

struct Job {
  int batch = 512;  ///< samples of a step, of all copies of the model together
  distributed::ScheduleKind schedule = distributed::ScheduleKind::one_f_one_b;
};

/// What a stage does in the timeline: a pass with the messages that it ends with; or the sum of the
/// gradients over the copies of the model, and the optimizer.
struct Pass {
  enum class Kind : std::uint8_t { forward, backward, gradients, update } kind = Kind::forward;
  int micro_batch = 0, chunk = 0;
  double start = 0, end = 0;
};
using Timeline = std::vector<std::vector<Pass>>;  ///< of each stage

/// What one device sends in a step, in bytes.
struct Traffic {
  double tensor = 0, pipeline = 0, data = 0;
};

struct Prediction {
  Division division;
  double seconds = 0;  ///< of a step
  double bubble = 0;   ///< time in which stages wait / time in which they work
  double memory = 0;   ///< of the device that needs most, in bytes
  bool fits = false;   ///< into a device's memory
  // Where the time goes, on the mean over the stages.
  double compute_seconds = 0, tensor_seconds = 0, pipeline_seconds = 0;
  double data_seconds = 0, update_seconds = 0;  ///< those of the stage that ends last
  std::vector<std::string> first_layers = {};   ///< of the stages' parts, if no layer repeats
  Traffic traffic = {};                         ///< of the device that sends most
};

/// Simulates the pipeline of one copy of the model, pass by pass; then follow the sum of gradients
/// over the copies, and the optimizer. Nothing is overlapped: a stage that sends waits. Throws
/// ArgumentError if the division does not fit model, batch or cluster. `timeline` gets the passes.
Prediction predict(const Model& model, const Cluster& cluster, const Job& job,
                   const Division& division, Timeline* timeline = nullptr);

/// What a search leaves open: 0 for any.
struct Limits {
  int data = 0, tensor = 0, pipeline = 0, micro_batch = 0, chunks = 0;
};
/// All divisions of the model among all devices that fit into memory, the fastest first. Micro-
/// batches of up to 64 samples; an interleaved schedule needs a multiple of p micro-batches. Throws
/// ArgumentError if there is none, and says why.
std::vector<Prediction> search(const Model& model, const Cluster& cluster, const Job& job,
                               const Limits& limits = {});

/// The passes of each stage in order: distributed::make_schedule(), or the interleaved schedule.
Timeline passes(const Job& job, const Division& division, int micro_batches);

}  // namespace tinygrad::simulator
