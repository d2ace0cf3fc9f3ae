// SPDX-License-Identifier: MIT
// The collectives: what each tells the other ranks, and its tensor's way to the host and back.
#include "tinygrad/distributed/collectives.h"

#include "algorithms.h"
#include "tinygrad/autograd.h"
#include "tinygrad/numerics.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {
namespace {

void check_peer(const Call& call, int peer, const Group& group) {
  require(peer >= 0 && peer < group.size() && peer != group.rank(), call, "rank ", peer,
          " is not another rank of the group; this is rank ", group.rank(), " of ", group.size());
}

int from_front(int dim, const Tensor& x) { return dim < 0 ? dim + x.dim() : dim; }

/// Starts a collective on a copy of x in the host's memory.
Work start_on(const In& x, const Group& group, Header header,
              Tensor (*run)(Operation&, const Tensor&)) {
  const Call call{name_of(header.kind), x.location};
  require<AutogradError>(!(grad_enabled() && x->requires_grad()), call,
                         "no gradient flows through it; use detach() or NoGrad, or a collective of "
                         "tinygrad/distributed/conjugate.h");
  if (group.size() == 1) return ended(*x);
  const Tensor host = contiguous(to(x->detach(), Device("cpu")));
  return start(
      group, header, x.location, [host, run](Operation& op) { return run(op, host); },
      [device = x->device()](const Tensor& y) { return to(y, device); });
}
Header header_of(Kind kind, const In& x) { return {kind, x->shape(), x->dtype()}; }

}  // namespace

Work all_reduce_async(In x, Reduce reduce, const Group& group) {
  Header header = header_of(Kind::all_reduce, x);
  header.reduce = int(reduce);
  header.deterministic = are_deterministic_algorithms_enabled();
  return start_on(x, group, header, run_all_reduce);
}
Work all_gather_async(In x, int dim, const Group& group) {
  Header header = header_of(Kind::all_gather, x);
  header.dim = from_front(dim, *x);
  return start_on(x, group, header, run_all_gather);
}
Work reduce_scatter_async(In x, int dim, Reduce reduce, const Group& group) {
  Header header = header_of(Kind::reduce_scatter, x);
  header.dim = from_front(dim, *x);
  header.reduce = int(reduce);
  return start_on(x, group, header, run_reduce_scatter);
}
Work broadcast_async(In x, int root, const Group& group) {
  Header header = header_of(Kind::broadcast, x);
  header.root = root;
  return start_on(x, group, header, run_broadcast);
}
Work all_to_all_async(In x, int dim, const Group& group) {
  Header header = header_of(Kind::all_to_all, x);
  header.dim = from_front(dim, *x);
  return start_on(x, group, header, run_all_to_all);
}
Work recv_async(const Shape& shape, DType dtype, int from, const Group& group,
                SourceLocation location) {
  check_peer({"recv", location}, from, group);
  Header header(Kind::recv, shape, dtype);
  header.root = from;
  return start(group, header, location, run_recv,
               [device = default_device()](const Tensor& y) { return to(y, device); });
}

Tensor all_reduce(In x, Reduce reduce, const Group& group) {
  return all_reduce_async({*x, x.location}, reduce, group).wait();
}
Tensor all_gather(In x, int dim, const Group& group) {
  return all_gather_async({*x, x.location}, dim, group).wait();
}
Tensor reduce_scatter(In x, int dim, Reduce reduce, const Group& group) {
  return reduce_scatter_async({*x, x.location}, dim, reduce, group).wait();
}
Tensor broadcast(In x, int root, const Group& group) {
  return broadcast_async({*x, x.location}, root, group).wait();
}
Tensor all_to_all(In x, int dim, const Group& group) {
  return all_to_all_async({*x, x.location}, dim, group).wait();
}
Tensor recv(const Shape& shape, DType dtype, int from, const Group& group,
            SourceLocation location) {
  return recv_async(shape, dtype, from, group, location).wait();
}
void send(In x, int to, const Group& group) {
  check_peer({"send", x.location}, to, group);
  Header header = header_of(Kind::send, x);
  header.root = to;
  const Tensor host = clone({tinygrad::to(x->detach(), Device("cpu")), x.location});
  start(group, header, x.location, [host](Operation& op) { return run_send(op, host); }).wait();
}

}  // namespace tinygrad::distributed
