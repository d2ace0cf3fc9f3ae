// SPDX-License-Identifier: MIT
// The distance of a batch's gradient from that of all samples.
#pragma once
#include "labs/digits.h"

namespace lab {

/// The scatter of the gradient of a batch around that of all samples.
inline void noise(Lab& lab, const Digits& data) {
  Net net = mlp(32);
  const auto gradient = [&](const Tensor& x, const Tensor& y) {
    return flatten(tg::grad(cross_entropy(net(x), y), net.parameters()[0])[0], 0);
  };
  const std::int64_t n = std::min<std::int64_t>(data.train.size(), 2048);
  const Tensor all = gradient(narrow(data.train.x, 0, 0, n), narrow(data.train.y, 0, 0, n));
  plot::Series s{{"measured", "实测"}, {}, {}},
      law{{"1 / sqrt(batch)", "1 / √批大小"}, {}, {}, {}, plot::Style::dashed};
  for (const int batch : {1, 4, 16, 64, 256}) {
    std::vector<double> squares;
    for (int trial = 0; trial < 40; ++trial) {
      const Tensor which = tg::randint(0, n, {batch});
      const Tensor g =
          gradient(index_select(data.train.x, 0, which), index_select(data.train.y, 0, which));
      squares.push_back(square(g - all).sum().item<double>());
    }
    s.x.push_back(batch),
        s.y.push_back(std::sqrt(mean_of(squares).mean) / all.norm().item<double>());
    law.x.push_back(batch), law.y.push_back(s.y[0] / std::sqrt(batch));
  }
  std::vector<Row> rows;
  for (std::size_t i = 0; i < s.x.size(); ++i) rows.push_back({s.x[i], s.y[i], law.y[i]});
  lab.table("noise", {{"batch"}, {"noise / gradient", "{:.2f}", any}, {"law", "{:.2f}", any}},
            rows);
  lab.picture("noise", {{.title = {"Noise of a batch's gradient", "批次梯度的噪声"},
                         .x = {"batch size", "批大小"},
                         .y = {"noise / |gradient|", "噪声 / |梯度|"},
                         .x_axis = plot::Axis::log,
                         .y_axis = plot::Axis::log,
                         .series = {s, law}}});
  lab.claim("four times the batch halves the noise (within a third)",
            std::fabs(s.y[4] / law.y[4] - 1) < 0.33);
}

}  // namespace lab
