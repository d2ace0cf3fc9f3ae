// SPDX-License-Identifier: MIT
// Tests that tensors are exported to and imported from structs of DLPack: memory, layout, element
// types, flags, and how often deleters are called. tests/dlpack/numpy.sh tests the same with NumPy.
#include "tinygrad/dlpack/dlpack.h"

#include <memory>

#include "dlpack/dtype.h"
#include "support/files.h"
#include "tinygrad/ops.h"

namespace tinygrad::test {
namespace {

using namespace dlpack;
using Values = std::vector<float>;

struct Delete {
  template <class Managed> void operator()(Managed* managed) const { managed->deleter(managed); }
};
using Versioned = std::unique_ptr<DLManagedTensorVersioned, Delete>;
using Unversioned = std::unique_ptr<DLManagedTensor, Delete>;

std::size_t blocks() { return memory_stats("cpu").live_blocks; }

/// A struct over six floats, as another library makes it, that counts calls of its deleter.
struct Foreign {
  std::vector<float> values = {0, 1, 2, 3, 4, 5};
  std::vector<std::int64_t> shape = {2, 3}, strides = {3, 1};
  int deleted = 0;
  DLManagedTensorVersioned managed = {
      {1, 3}, this, [](auto* m) { ++static_cast<Foreign*>(m->manager_ctx)->deleted; }, 0, {}};
  DLManagedTensorVersioned* get() {
    managed.dl_tensor = {values.data(),
                         {kDLCPU, 0},
                         int(shape.size()),
                         {kDLFloat, 32, 1},
                         shape.data(),
                         strides.data(),
                         managed.dl_tensor.byte_offset};
    return &managed;
  }
  /// Imports the struct, which must fail and leave it to this test.
  template <class E> void refuse(const std::string& text) {
    expect_error<E>([&] { from_dlpack(&managed); }, text);
    EXPECT_EQ(deleted, 0);
  }
};

TEST(Dlpack, ExportsWithoutACopyAndKeepsTheMemory) {
  const std::size_t before = blocks();
  Tensor x = arange(6).to(float32).reshape({2, 3});
  const void* address = x.host_data(float32);
  Versioned managed(to_dlpack(x));
  x = {};
  EXPECT_EQ(blocks(), before + 1);
  const DLTensor& t = managed->dl_tensor;
  EXPECT_EQ(t.data, address);
  EXPECT_EQ(managed->version.major, 1u);
  EXPECT_EQ(managed->flags, 0u);
  EXPECT_EQ(t.device.device_type, kDLCPU);
  EXPECT_EQ(Shape(t.shape, t.ndim), Shape({2, 3}));
  EXPECT_EQ(Strides(t.strides, t.ndim), Strides({3, 1}));
  EXPECT_TRUE(t.dtype == (DLDataType{kDLFloat, 32, 1}));
  managed.reset();
  EXPECT_EQ(blocks(), before);
}

TEST(Dlpack, ExportsViewsWithTheirStridesAndOffset) {
  const Tensor x = arange(12).reshape({3, 4}), view = x.transpose(0, 1).slice(0, 1, 4, 2);
  const Versioned managed(to_dlpack(view));
  const DLTensor& t = managed->dl_tensor;
  EXPECT_EQ(Shape(t.shape, t.ndim), Shape({2, 3}));
  EXPECT_EQ(Strides(t.strides, t.ndim), Strides({2, 4}));
  EXPECT_EQ(*static_cast<std::int64_t*>(t.data), 1);
}

TEST(Dlpack, MarksWhatMustNotBeWritten) {
  const Tensor x = zeros({3, 4});
  EXPECT_EQ(Versioned(to_dlpack(x, {.read_only = true}))->flags, DLPACK_FLAG_READ_ONLY);
  EXPECT_EQ(Versioned(to_dlpack(x.expand({2, 3, 4})))->flags, DLPACK_FLAG_READ_ONLY);
  EXPECT_EQ(Versioned(to_dlpack(x.unfold(1, 2, 1)))->flags, DLPACK_FLAG_READ_ONLY);
  EXPECT_EQ(Versioned(to_dlpack(x.transpose(0, 1)))->flags, 0u);
  const Unversioned copy(to_dlpack_unversioned(x.expand({2, 3, 4})));
  EXPECT_NE(copy->dl_tensor.data, x.host_data(float32));
  EXPECT_EQ(copy->dl_tensor.strides[0], 12);
}

TEST(Dlpack, RefusesToExportWhatRequiresAGradient) {
  const Tensor x = zeros({2}, {.requires_grad = true});
  expect_error<AutogradError>([&] { to_dlpack(x); }, "to_dlpack: x requires a gradient");
  EXPECT_TRUE(Unversioned(to_dlpack_unversioned(x.detach())));
}

TEST(Dlpack, EveryDtypeComesBackWithItsBits) {
  for (const DType dtype : all_dtypes)
    for (const Tensor& x : {arange(6).to(dtype).reshape({2, 3}), zeros({0, 2}, {.dtype = dtype}),
                            full({}, 3, {.dtype = dtype})}) {
      EXPECT_EQ(bits(from_dlpack(to_dlpack(x))), bits(x));
      EXPECT_EQ(bits(from_dlpack(to_dlpack_unversioned(x))), bits(x));
    }
}

TEST(Dlpack, SharesImportedMemoryUntilTheLastTensorIsGone) {
  Foreign foreign;
  {
    Tensor x = from_dlpack(foreign.get()), row = x[1];
    x = {};
    foreign.values[4] = 40;
    EXPECT_EQ(row.to_vector<float>(), (Values{3, 40, 5}));
    row.fill_(7);
    EXPECT_EQ(foreign.deleted, 0);
  }
  EXPECT_EQ(foreign.values, (Values{0, 1, 2, 7, 7, 7}));
  EXPECT_EQ(foreign.deleted, 1);
}

TEST(Dlpack, ImportsStridesOffsetsAndMissingStrides) {
  Foreign foreign;
  foreign.shape = {2, 2}, foreign.strides = {1, 3};
  foreign.managed.dl_tensor.byte_offset = 4;
  EXPECT_EQ(from_dlpack(foreign.get()).to_vector<float>(), (Values{1, 4, 2, 5}));
  foreign.managed.dl_tensor.byte_offset = 0, foreign.shape = {3, 2};
  foreign.get()->dl_tensor.strides = nullptr;
  EXPECT_EQ(from_dlpack(&foreign.managed).to_vector<float>(), foreign.values);
  foreign.shape = {1, 6}, foreign.strides = {-7, 1};  // the stride of a size of 1 has no meaning
  EXPECT_EQ(from_dlpack(foreign.get()).to_vector<float>(), foreign.values);
  EXPECT_EQ(foreign.deleted, 3);
}

TEST(Dlpack, CopiesNegativeStridesAndReadOnlyMemory) {
  Foreign foreign;
  foreign.strides = {-3, 1}, foreign.managed.dl_tensor.byte_offset = 12;
  const Tensor x = from_dlpack(foreign.get());
  EXPECT_EQ(foreign.deleted, 1);
  foreign.strides = {3, 1}, foreign.managed.dl_tensor.byte_offset = 0;
  foreign.managed.flags = DLPACK_FLAG_READ_ONLY;
  const Tensor y = from_dlpack(foreign.get());
  EXPECT_EQ(foreign.deleted, 2);
  foreign.values.assign(6, 9);
  EXPECT_EQ(x.to_vector<float>(), (Values{3, 4, 5, 0, 1, 2}));
  EXPECT_EQ(y.to_vector<float>(), (Values{0, 1, 2, 3, 4, 5}));
}

TEST(Dlpack, RefusesWhatItCannotHoldAndLeavesItToTheCaller) {
  Foreign foreign;
  foreign.get()->version.major = 2;
  foreign.refuse<ArgumentError>("from_dlpack: expected DLPack 1, got version 2.3");
  foreign.managed.version.major = 1;
  foreign.get()->dl_tensor.dtype = {5, 64, 1};
  foreign.refuse<DTypeError>("type code 5 with 64 bits and 1 lanes");
  foreign.get()->dl_tensor.dtype.lanes = 4;
  foreign.refuse<DTypeError>("4 lanes");
  foreign.get()->dl_tensor.device.device_type = DLDeviceType(4);
  foreign.refuse<DeviceError>("DLPack's type 4");
  foreign.get()->dl_tensor.byte_offset = 2;
  foreign.refuse<ArgumentError>("not aligned to elements of float32");
  foreign.managed.dl_tensor.byte_offset = 0;
  foreign.get()->dl_tensor.data = nullptr;
  foreign.refuse<ArgumentError>("the address is null");
  foreign.get()->dl_tensor.ndim = 9;
  foreign.refuse<ShapeError>("rank of at most 8, got 9");
  foreign.shape = {-1, 3}, foreign.get();
  foreign.refuse<ShapeError>("a size is negative: [-1, 3]");
  foreign.shape = {2, 3}, foreign.strides = {INT64_MAX / 4, INT64_MIN / 2}, foreign.get();
  foreign.refuse<ShapeError>("exceeds what memory can hold");
  expect_error<ArgumentError>([] { from_dlpack(static_cast<DLManagedTensor*>(nullptr)); },
                              "there is no struct");
}

}  // namespace
}  // namespace tinygrad::test
