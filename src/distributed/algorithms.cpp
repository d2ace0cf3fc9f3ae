// SPDX-License-Identifier: MIT
// Collectives as exchanges of messages: each rank sends every other rank what that one needs.
#include "algorithms.h"

#include "reduce.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {
namespace {

/// A range of a contiguous tensor's memory.
struct Part {
  char* data;
  std::size_t bytes;
};

/// Part i of n equal parts of rows; of any number of elements if that is what the rows are.
Part part_of(const Tensor& x, std::int64_t rows, int i, int n) {
  const std::size_t row = rows ? std::size_t(x.numel() / rows) * size_of(x.dtype()) : 0;
  const auto start = std::size_t(rows * i / n), end = std::size_t(rows * (i + 1) / n);
  return {bytes_of(x, start * row), (end - start) * row};
}

/// Sends sent(r) to each other rank r, and receives what it sends into received(r).
template <class Sent, class Received>
void exchange_parts(Operation& op, const Sent& sent, const Received& received) {
  std::vector<Message> sends, receives;
  for (int i = 1; i < op.size(); ++i) {  // each rank begins with its neighbour
    const int to = (op.rank() + i) % op.size(), from = (op.rank() + op.size() - i) % op.size();
    if (const Part part = sent(to); part.bytes) sends.push_back({to, part.data, part.bytes});
    if (const Part part = received(from); part.bytes)
      receives.push_back({from, part.data, part.bytes});
  }
  op.exchange(sends, receives);
}

/// out = the reduction of this rank's part of x over all ranks.
void reduce_part(Operation& op, const Tensor& x, std::int64_t rows, Part out) {
  const int n = op.size();
  std::vector<char> memory(out.bytes * std::size_t(n));
  const auto row = [&](int r) {
    return Part{memory.data() + out.bytes * std::size_t(r), out.bytes};
  };
  exchange_parts(
      op, [&](int to) { return part_of(x, rows, to, n); }, row);
  std::vector<const void*> all(static_cast<std::size_t>(n));
  for (int r = 0; r < n; ++r)
    all[std::size_t(r)] = r == op.rank() ? part_of(x, rows, r, n).data : row(r).data;
  reduce_rows(x.dtype(), Reduce(op.header().reduce), all, out.data,
              std::int64_t(out.bytes / size_of(x.dtype())));
}

void check_reduction(const Operation& op) {
  require<DTypeError>(
      Reduce(op.header().reduce) != Reduce::mean || is_floating(op.header().element()), op.call(),
      "the mean of ", to_string(op.header().element()),
      " elements is not defined; convert to a floating dtype, or take the sum");
}

/// The dimension of the header, counted from the front; all ranks have the same.
int checked_dim(const Operation& op) {
  const int dim = op.header().dim, rank = op.header().rank;
  require<IndexError>(dim >= 0 && dim < rank, op.call(), "dimension ", dim, " of shape ",
                      op.header().shape(), " does not exist");
  return dim;
}
/// The same, where every rank has a part.
int divisible_dim(const Operation& op) {
  const int dim = checked_dim(op);
  const std::int64_t size = op.header().sizes[dim];
  require<ShapeError>(size % op.size() == 0, op.call(), "size ", size, " of dimension ", dim,
                      " of shape ", op.header().shape(), " must be a multiple of the ", op.size(),
                      " ranks");
  return dim;
}

Tensor on_host(const Shape& shape, DType dtype) {
  return empty(shape, {.dtype = dtype, .device = "cpu"});
}
/// x with dimension dim first, contiguous; and back.
Tensor to_front(const Tensor& x, int dim) { return contiguous(movedim(x, dim, 0)); }
Tensor from_front(const Tensor& x, int dim) { return contiguous(movedim(x, 0, dim)); }

}  // namespace

Tensor run_all_reduce(Operation& op, const Tensor& x) {
  op.meet();
  check_reduction(op);
  if (!op.header().deterministic) {
    Tensor out = clone(x);
    if (op.all_reduce(out)) {
      if (Reduce(op.header().reduce) == Reduce::mean) out.div_(op.size());
      return out;
    }
  }
  const Tensor out = on_host(x.shape(), x.dtype());
  const auto part = [&](int r) { return part_of(out, out.numel(), r, op.size()); };
  const auto own = [&](int) { return part(op.rank()); };
  reduce_part(op, x, x.numel(), own(0));
  exchange_parts(op, own, part);
  return out;
}

Tensor run_all_gather(Operation& op, const Tensor& given) {
  op.meet();
  const int dim = checked_dim(op);
  const Tensor x = to_front(given, dim);
  std::vector<std::size_t> starts = {0};
  Shape shape = x.shape();
  shape[0] = 0;
  for (int r = 0; r < op.size(); ++r) {
    shape[0] += op.header_of(r).sizes[dim];
    starts.push_back(starts.back() + op.header_of(r).bytes());
  }
  const Tensor out = on_host(shape, x.dtype());
  const auto part = [&](int r) {
    return Part{bytes_of(out, starts[std::size_t(r)]),
                starts[std::size_t(r) + 1] - starts[std::size_t(r)]};
  };
  const Part own = part(op.rank());
  std::copy_n(bytes_of(x), own.bytes, own.data);
  exchange_parts(
      op, [&](int) { return own; }, part);
  return from_front(out, dim);
}

Tensor run_reduce_scatter(Operation& op, const Tensor& given) {
  op.meet();
  check_reduction(op);
  const int dim = divisible_dim(op);
  const Tensor x = to_front(given, dim);
  Shape shape = x.shape();
  shape[0] /= op.size();
  const Tensor out = on_host(shape, x.dtype());
  reduce_part(op, x, x.size(0), part_of(out, out.size(0), 0, 1));
  return from_front(out, dim);
}

Tensor run_broadcast(Operation& op, const Tensor& x) {
  op.meet();
  const int root = op.header().root;
  require(root >= 0 && root < op.size(), op.call(), "root is ", root, ", but there are ", op.size(),
          " ranks");
  const Tensor out = op.rank() == root ? x : on_host(x.shape(), x.dtype());
  const Part all{bytes_of(out), op.header().bytes()}, nothing{nullptr, 0};
  exchange_parts(
      op, [&](int) { return op.rank() == root ? all : nothing; },
      [&](int from) { return from == root ? all : nothing; });
  return op.rank() == root ? clone(x) : out;
}

Tensor run_all_to_all(Operation& op, const Tensor& given) {
  op.meet();
  const int dim = divisible_dim(op), n = op.size();
  const Tensor x = to_front(given, dim), out = on_host(x.shape(), x.dtype());
  const auto sent = [&](int r) { return part_of(x, x.size(0), r, n); };
  const auto received = [&](int r) { return part_of(out, out.size(0), r, n); };
  const Part own = sent(op.rank());
  std::copy_n(own.data, own.bytes, received(op.rank()).data);
  exchange_parts(op, sent, received);
  return from_front(out, dim);
}

Tensor run_send(Operation& op, const Tensor& x) {
  const auto header = std::make_shared<Header>(op.header());
  const int to = header->root;
  op.communicator().post({to, header.get(), sizeof(Header)}, header);
  if (header->bytes())
    op.communicator().post({to, bytes_of(x), header->bytes()}, std::make_shared<Tensor>(x));
  return {};
}

Tensor run_recv(Operation& op) {
  Header sent;
  const int from = op.header().root;
  const Message header{from, &sent, sizeof sent};
  op.exchange({}, {&header, 1}, Channel::direct);
  const Tensor out = on_host(sent.shape(), sent.element());
  const Message data{from, bytes_of(out), sent.bytes()};
  if (data.bytes) op.exchange({}, {&data, 1}, Channel::direct);
  require<ShapeError>(sent.shape() == op.header().shape(), op.call(), "rank ", from,
                      " sent a tensor of shape ", sent.shape(), ", expected ", op.header().shape());
  require<DTypeError>(sent.dtype == op.header().dtype, op.call(), "rank ", from, " sent ",
                      to_string(sent.element()), ", expected ", to_string(op.header().element()));
  return out;
}

}  // namespace tinygrad::distributed
