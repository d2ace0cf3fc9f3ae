// SPDX-License-Identifier: MIT
// Samples are mixed from known points and known noise: with the true noise, a step must give the
// mixture of the timestep before, and the last step the points.
inline void grade(Grade& g) {
  const tg::Shape shape = {3, 2};
  const Values point = sample(shape, 1).to_vector<double>(),
               noise = sample(shape, 7).to_vector<double>();
  const auto mixed = [&](double alpha) {
    Values x(6);
    for (std::size_t i = 0; i < 6; ++i)
      x[i] = std::sqrt(alpha) * point[i] + std::sqrt(1 - alpha) * noise[i];
    return tensor_of(x, shape);
  };
  const Tensor epsilon = tensor_of(noise, shape);
  g.expect({"a step from ᾱ = 0.2 to 0.5", "从 ᾱ = 0.2 到 0.5 的一步"},
           ddim_step(mixed(0.2), epsilon, 0.2, 0.5), mixed(0.5));
  g.expect({"the last step", "最后一步"}, ddim_step(mixed(0.9), epsilon, 0.9, 1), mixed(1));
}
