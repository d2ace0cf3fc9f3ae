// SPDX-License-Identifier: MIT
// Draws a picture from a sentence: Stable Diffusion 1 from a folder that diffusers'
// save_pretrained() wrote, such as a copy of stable-diffusion-v1-5. The line of --json has the
// times and the largest memory.
#include <fmt/format.h>
#include <sys/resource.h>
#include <tinygrad/models/stable_diffusion.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/image.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/picture_option.h"
#include "common/program.h"

namespace {

namespace tg = tinygrad;
namespace models = tinygrad::models;
using Clock = std::chrono::steady_clock;

const std::map<std::string, std::string> schedulers = {{"ddim", "DDIMScheduler"},
                                                       {"pndm", "PNDMScheduler"},
                                                       {"euler", "EulerDiscreteScheduler"},
                                                       {"ddpm", "DDPMScheduler"}};
const std::map<std::string, tg::DType> dtypes = {
    {"float32", tg::float32}, {"float16", tg::float16}, {"bfloat16", tg::bfloat16}};

struct Options {
  common::Options common = {.program = "stable_diffusion"};
  std::string folder = {}, prompt = {}, out = "picture.png", scheduler = {}, dtype = {};
  std::int64_t size = 0;
  models::DrawOptions draw = {};
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Draws a picture from a sentence.", o.common.program);
  app.add_option("DIR", o.folder, "a folder with model_index.json, unet/, vae/, ...")->required();
  app.add_option("--prompt", o.prompt, "what to draw")->type_name("TEXT")->required();
  app.add_option("--negative", o.draw.negative_prompt, "what not to draw")->type_name("TEXT");
  app.add_option("--steps", o.draw.num_inference_steps, "steps from noise to the picture")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--guidance", o.draw.guidance_scale,
                 "how strongly the picture follows the prompt; up to 1: there is no guidance")
      ->check(CLI::Range(0., 100.))
      ->capture_default_str();
  app.add_option("--size", o.size, "height and width in pixels; 0: the model's usual size")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  app.add_option("--scheduler", o.scheduler, "ddim, pndm, euler or ddpm instead of the folder's")
      ->check(CLI::IsMember(schedulers));
  app.add_option("--dtype", o.dtype,
                 "of the weights: float16, bfloat16 or float32 instead of the "
                 "files'")
      ->check(CLI::IsMember(dtypes));
  app.add_option("--out", o.out, "the picture")->type_name("FILE")->capture_default_str();
  common::add_options(app, o.common, /*trains=*/false);
  if (!common::parse(app, o.common, argc, argv)) return false;
  common::check_picture("--out", o.out);
  return true;
}

/// Seconds since the last call.
class Stopwatch {
 public:
  double lap() {
    const auto before = std::exchange(begin_, Clock::now());
    return std::chrono::duration<double>(begin_ - before).count();
  }

 private:
  Clock::time_point begin_ = Clock::now();
};

std::int64_t peak_memory() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

models::StableDiffusion load(const Options& o) {
  models::LoadDiffusionOptions options;
  if (!o.dtype.empty()) options.dtype = dtypes.at(o.dtype);
  if (!o.scheduler.empty()) options.scheduler = schedulers.at(o.scheduler);
  return models::load_stable_diffusion(o.folder, options);
}

/// A line that the next step replaces on a terminal.
void print_step(std::int64_t step, std::size_t steps, double seconds) {
  const bool terminal = isatty(STDOUT_FILENO);
  fmt::print("{}step {} of {}  {:.1f} s{}", terminal ? "\r" : "", step + 1, steps, seconds,
             terminal && step + 1 < std::int64_t(steps) ? "" : "\n");
  std::fflush(stdout);
}

int draw(Options o) {
  tg::manual_seed(o.common.seed);
  Stopwatch watch, step_watch;
  auto model = load(o);
  const double load_seconds = watch.lap();
  o.draw.height = o.draw.width = o.size;
  step_watch.lap();
  const tg::Tensor latents = model.draw_latents(o.prompt, o.draw, [&](std::int64_t step) {
    tg::synchronize();
    const double seconds = step_watch.lap();
    if (!o.common.quiet) print_step(step, model.scheduler->timesteps().size(), seconds);
  });
  const double step_seconds = watch.lap();
  tg::vision::save_image(model.decode_latents(latents).to("cpu"), o.out, {.padding = 0});
  const double decode_seconds = watch.lap();
  if (!o.common.quiet)
    fmt::print("{}: {:.1f} s to load, {:.1f} s to draw, {:.1f} s to decode, {:.2f} GB at most\n",
               o.out, load_seconds, step_seconds, decode_seconds, double(peak_memory()) / 1e9);
  common::JsonLines(o.common, 1)
      .write_final({{"prompt", o.prompt},
                    {"picture", o.out},
                    {"steps", model.scheduler->timesteps().size()},
                    {"load_seconds", load_seconds},
                    {"step_seconds", step_seconds},
                    {"decode_seconds", decode_seconds},
                    {"peak_bytes", peak_memory()}},
                   o.common.seed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common,
                     [&] { return parse(argc, argv, options) ? draw(options) : 0; });
}
