// SPDX-License-Identifier: MIT
// The schedule of the diffusion models that are trained here.
#pragma once
#include <tinygrad/models/schedulers.h>

namespace common {

/// The cosine schedule of 1000 timesteps (Nichol and Dhariwal 2021) for a net that computes
/// velocities (Salimans and Ho 2022). Steps begin at the noisiest timestep.
inline tinygrad::models::SchedulerOptions cosine_schedule() {
  using namespace tinygrad::models;
  return {.beta_schedule = BetaSchedule::squaredcos_cap_v2,
          .prediction_type = PredictionType::v_prediction,
          .timestep_spacing = TimestepSpacing::trailing};
}

}  // namespace common
