// SPDX-License-Identifier: MIT
// A file that PyTorch wrote, against load_safetensors(), and one made here.
inline void grade(Grade& g) {
  const std::string path = TINYGRAD_SOURCE_DIR "/docs/examples/from_pytorch.safetensors";
  const tg::FileBytes bytes(path);
  const std::string file(reinterpret_cast<const char*>(bytes.bytes().data()), bytes.bytes().size());
  for (const auto& [name, tensor] : tg::load_safetensors(path))
    if (name == "head.weight")
      g.expect({"head.weight in a file of PyTorch", "PyTorch 写的文件里的 head.weight"},
               read_tensor(file, name), tensor.to_vector<double>(), 0);

  const float elements[] = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::string header = R"({"a.b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"F32","shape":[3],"data_offsets":[8,20]},)"
                             R"("c":{"dtype":"F32","shape":[3],"data_offsets":[20,32]}} )";
  std::string made(8, '\0');
  made[0] = char(header.size());
  made += header + std::string(reinterpret_cast<const char*>(elements), sizeof elements);
  g.expect({"b, beside a tensor a.b", "有 a.b 在旁边的 b"}, read_tensor(made, "b"), Values{3, 4, 5},
           0);
}
