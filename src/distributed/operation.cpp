// SPDX-License-Identifier: MIT
// How the ranks of a group meet for an operation, and the sentences of its errors.
#include "operation.h"

#include <cstring>

#include "tinygrad/op.h"

namespace tinygrad::distributed {
namespace {

static_assert(std::has_unique_object_representations_v<Header>);

/// "rank 1", "ranks 1, 3".
std::string list(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (std::size_t i = 0; i < ranks.size(); ++i) text += (i ? ", " : "") + std::to_string(ranks[i]);
  return text;
}
bool agree(Header a, Header b) {
  if (a.kind == Kind::all_gather && a.rank == b.rank && a.dim >= 0 && a.dim < a.rank)
    a.sizes[a.dim] = b.sizes[a.dim] = 0;
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

const char* name_of(Kind kind) {
  static constexpr const char* names[] = {"barrier",        "all_reduce", "all_gather",
                                          "reduce_scatter", "broadcast",  "all_to_all",
                                          "split",          "send",       "recv"};
  return names[int(kind)];
}

Header::Header(Kind op, const Shape& shape, DType type)
    : kind(op), dtype(int(type)), rank(shape.rank()) {
  std::copy(shape.begin(), shape.end(), sizes);
}

std::string to_string(const Header& h) {
  static constexpr const char* reductions[] = {" (sum)", " (mean)", " (max)", " (min)"};
  std::string text = name_of(h.kind);
  if (h.kind == Kind::barrier || h.kind == Kind::split) return text;
  if (h.kind == Kind::all_reduce || h.kind == Kind::reduce_scatter) text += reductions[h.reduce];
  text += std::string(" of ") + to_string(h.element()) + " " + to_string(h.shape());
  if (h.kind == Kind::send) return text + " to rank " + std::to_string(h.root);
  if (h.kind == Kind::broadcast || h.kind == Kind::recv)
    return text + " from rank " + std::to_string(h.root);
  return h.kind == Kind::all_reduce ? text : text + " along dimension " + std::to_string(h.dim);
}

char* bytes_of(const Tensor& tensor, std::size_t offset) {
  const View& view = view_of(tensor);
  return static_cast<char*>(view.memory().handle) +
         std::size_t(view.offset()) * size_of(view.dtype()) + offset;
}

Operation::Operation(Member& member, const Header& header, SourceLocation location)
    : communicator_(member.communicator),
      timeout_(member.timeout),
      header_(header),
      location_(location),
      number_(++member.operations) {}

void Operation::meet() {
  deadline_ = std::chrono::steady_clock::now() + timeout_;
  all_.assign(std::size_t(size()), header_);
  std::vector<Message> sends, receives;
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    sends.push_back({peer, &header_, sizeof header_});
    receives.push_back({peer, &all_[std::size_t(peer)], sizeof header_});
  }
  exchange(sends, receives);
  has_met_ = true;
  compare();
}

void Operation::compare() const {
  for (int other = 1; other < size(); ++other) {
    const Header &a = all_[0], &b = header_of(other);
    if (agree(a, b)) continue;
    const auto differ = [&]<class E>(std::type_identity<E>) {
      fail<E>(call(), "the ranks call different operations (operation ", number_,
              " of the group): rank 0 calls ", to_string(a), ", rank ", other, " calls ",
              to_string(b), a.deterministic == b.deterministic ? "" : " in another order of sums",
              "; all must call the same with the same shape and dtype");
    };
    if (a.kind == b.kind && a.dtype != b.dtype) differ(std::type_identity<DTypeError>());
    if (a.kind == b.kind && a.shape() != b.shape()) differ(std::type_identity<ShapeError>());
    differ(std::type_identity<ArgumentError>());
  }
}

void Operation::exchange(std::span<const Message> sends, std::span<const Message> receives,
                         Channel channel) {
  if (deadline_ == Deadline()) deadline_ = std::chrono::steady_clock::now() + timeout_;
  check(communicator().exchange(sends, receives, channel, deadline_));
}

bool Operation::all_reduce(const Tensor& inout) {
  Absent absent;
  const bool done = communicator().all_reduce(bytes_of(inout), inout.numel(), inout.dtype(),
                                              Reduce(header_.reduce), deadline_, absent);
  check(absent);
  return done;
}

void Operation::check(const Absent& absent) const {
  if (absent.none()) return;
  ErrorMessage text;
  text.add(call().op).add(": rank ").add(rank()).add(" of ").add(size());
  if (!absent.late.empty()) text.add(" waited ").add(double(timeout_.count()) / 1000).add(" s");
  text.add(absent.late.empty() ? " was" : "").add(" in operation ").add(number_);
  text.add(" of the group, ").add(to_string(header_)).add(" (").add(header_.bytes());
  text.add(" bytes)");
  if (!absent.late.empty())
    text.add("; ")
        .add(list(absent.late))
        .add(has_met_ ? " arrived but went no further" : " had not arrived");
  if (!absent.ended.empty()) text.add("; ").add(list(absent.ended)).add(" had ended before");
  text.raise<CommunicationError>(call());
}

Work start(const Group& group, const Header& header, SourceLocation location, Algorithm algorithm,
           std::function<Tensor(const Tensor&)> finish) {
  const auto operation = std::make_shared<Operation>(*group.member(), header, location);
  return group.member()->thread->submit(
      [operation, algorithm = std::move(algorithm)] {
        try {
          return algorithm(*operation);
        } catch (const CommunicationError& error) {
          operation->communicator().give_up(error.what());
          throw;
        }
      },
      std::move(finish));
}

Work ended(const Tensor& x) {
  const auto state = std::make_shared<Work::State>();
  state->signal->done = true;
  state->result = x;
  return Work(state);
}

}  // namespace tinygrad::distributed
