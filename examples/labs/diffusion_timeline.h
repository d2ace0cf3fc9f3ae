// SPDX-License-Identifier: MIT
// Models of pictures from text whose sizes are published, in the order of their dates. Sources: the
// chapter docs/course/en/pictures.md.
#pragma once
#include "labs/lab.h"

namespace lab {

/// Parameters in billions. `values` are those of the latent of a picture of 1024 x 1024; 0 if they
/// were not found.
struct PictureModel {
  const char *name, *date, *network;
  double image, text, values;
};
inline const PictureModel picture_models[] = {
    {"Imagen", "2022-05", "U-Nets on pixels", 3, 4.6, 3145728},
    {"SD 1.5", "2022-10", "U-Net", 0.86, 0.12, 65536},
    {"SDXL", "2023-07", "U-Net", 2.6, 0.82, 65536},
    {"PixArt-α", "2023-10", "DiT", 0.6, 4.8, 65536},
    {"SD 3 M", "2024-06", "MMDiT", 2, 5.6, 262144},
    {"FLUX.1", "2024-08", "MMDiT", 12, 4.9, 262144},
    {"Sana", "2024-10", "DiT with linear attention", 1.6, 2.6, 32768},
    {"SD 3.5 L", "2024-10", "MMDiT", 8.1, 5.6, 262144},
    {"Lumina 2", "2025-02", "DiT of one stream", 2.6, 2.6, 262144},
    {"Qwen-Image", "2025-08", "MMDiT", 20, 8.3, 262144},
    {"Hunyuan 2.1", "2025-09", "MMDiT", 17, 8.5, 65536},
    {"FLUX.2", "2025-11", "MMDiT", 32, 24, 524288},
    {"Z-Image", "2025-11", "DiT of one stream", 6, 4, 262144},
    {"Qwen 2.1", "2026-09", "DiT of one stream", 7, 8.8, 0}};

/// A table, and bars in the order of the dates.
inline void timeline(Lab& lab) {
  std::vector<Row> rows;
  std::vector<plot::Chart> charts;
  const std::size_t half = (std::size(picture_models) + 1) / 2;
  for (auto& m : picture_models) {
    if (rows.size() % half == 0)
      charts.push_back({.title = charts.empty() ? plot::Text("2022 to 2024", "2022 至 2024 年")
                                                : plot::Text("2024 to 2026", "2024 至 2026 年"),
                        .y = {"parameters, billions", "参数量，十亿"},
                        .series = {{{"network of pictures", "图像网络"}, {}, {}},
                                   {{"text encoder", "文本编码器"}, {}, {}}}});
    rows.push_back(
        {m.date, m.name, m.network, m.image, m.text, m.values > 0 ? Cell(m.values) : Cell("?")});
    charts.back().categories.emplace_back(m.name);
    charts.back().series[0].y.push_back(m.image), charts.back().series[1].y.push_back(m.text);
  }
  const char* b = "{:.4g}";
  lab.table("timeline",
            {{"date"}, {"model"}, {"network"}, {"image B", b}, {"text B", b}, {"latent", "{:.0f}"}},
            rows);
  lab.picture("timeline", charts);
}

}  // namespace lab
