// SPDX-License-Identifier: MIT
// Ranks as processes of MPI. Messages are MPI's; their time limit, and who is missing at its end,
// are found here, since MPI has neither. Open MPI sends on only inside its calls, so that the
// communication thread asks again and again.
#include "mpi_backend.h"

#include <cstdlib>

#ifdef TINYGRAD_HAVE_MPI
#include <sched.h>

#include <cstdio>
#include <list>

#include "mpi_requests.h"

namespace tinygrad::distributed {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int goodbye_tag = 2;  // after those of the channels

/// What the groups of a process share.
struct Process {
  struct Posted {
    Requests requests;
    std::shared_ptr<const void> owner;
  };
  std::list<Posted> posted;
  std::vector<bool> ended;  // ranks of the world that have said goodbye
  bool owns_mpi = false;

  void hear_goodbyes() {
    for (int there = 1; there;) {
      MPI_Status status;
      MPI_Iprobe(MPI_ANY_SOURCE, goodbye_tag, MPI_COMM_WORLD, &there, &status);
      if (!there) break;
      MPI_Recv(nullptr, 0, MPI_BYTE, status.MPI_SOURCE, goodbye_tag, MPI_COMM_WORLD, &status);
      ended[std::size_t(status.MPI_SOURCE)] = true;
    }
  }
  bool progress() {
    posted.remove_if([](Posted& p) { return p.requests.done(); });
    return !posted.empty();
  }
};
Process& process() {
  static Process& the = *new Process;
  return the;
}

MPI_Datatype type_of(DType dtype) {
  switch (dtype) {
    case DType::float32: return MPI_FLOAT;
    case DType::float64: return MPI_DOUBLE;
    case DType::int32: return MPI_INT32_T;
    case DType::int64: return MPI_INT64_T;
    case DType::uint8: return MPI_UINT8_T;
    default: return MPI_DATATYPE_NULL;
  }
}

class MpiCommunicator : public Communicator {
 public:
  /// The group's communicator is never freed: that would be an operation of all ranks.
  explicit MpiCommunicator(MPI_Comm group) : group_(group) {
    MPI_Comm_rank(group, &rank_);
    MPI_Comm_size(group, &size_);
    for (int r = 0; r < size_; ++r) ranks_.push_back(r);
    MPI_Group own, world;
    MPI_Comm_group(group, &own);
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    world_ranks_.resize(ranks_.size());
    MPI_Group_translate_ranks(own, size_, ranks_.data(), world, world_ranks_.data());
    MPI_Group_free(&own);
    MPI_Group_free(&world);
  }
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  bool progress() override { return process().progress(); }

  Absent exchange(std::span<const Message> sends, std::span<const Message> receives,
                  Channel channel, Deadline deadline) override {
    Requests requests;
    for (const Message& m : receives)
      requests.add(m, [&](void* data, int bytes, MPI_Request* request) {
        MPI_Irecv(data, bytes, MPI_BYTE, m.peer, int(channel), group_, request);
      });
    for (const Message& m : sends) send(m, channel, requests);
    return wait(requests, deadline);
  }
  void post(const Message& message, std::shared_ptr<const void> owner) override {
    Process::Posted& posted = process().posted.emplace_back();
    posted.owner = std::move(owner);
    send(message, Channel::direct, posted.requests);
  }
  bool all_reduce(void* data, std::int64_t count, DType dtype, Reduce reduce, Deadline deadline,
                  Absent& absent) override {
    const MPI_Datatype type = type_of(dtype);
    const bool can_be_nan = is_floating(dtype) && (reduce == Reduce::max || reduce == Reduce::min);
    if (type == MPI_DATATYPE_NULL || can_be_nan || count > INT32_MAX) return false;
    const MPI_Op op = reduce == Reduce::max ? MPI_MAX : reduce == Reduce::min ? MPI_MIN : MPI_SUM;
    Requests requests{{MPI_REQUEST_NULL}, {(rank_ + 1) % size_}};
    MPI_Iallreduce(MPI_IN_PLACE, data, int(count), type, op, group_, requests.list.data());
    absent = wait(requests, deadline);
    return true;
  }
  std::shared_ptr<Communicator> split(int color, const std::vector<int>& ranks) override {
    const auto key = std::find(ranks.begin(), ranks.end(), rank_) - ranks.begin();
    MPI_Comm part;
    MPI_Comm_split(group_, color, int(key), &part);
    return std::make_shared<MpiCommunicator>(part);
  }
  void give_up(const std::string& message) override {
    std::fprintf(stderr, "%s\n", message.c_str());
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, communication_exit_code);
    std::_Exit(communication_exit_code);
  }

 private:
  void send(const Message& m, Channel channel, Requests& requests) {
    requests.add(m, [&](const void* data, int bytes, MPI_Request* request) {
      MPI_Isend(data, bytes, MPI_BYTE, m.peer, int(channel), group_, request);
    });
  }
  /// A rank that has ended is believed after a while: its last messages may still be under way.
  Absent wait(Requests& requests, Deadline deadline) {
    Deadline last = deadline;
    for (Pause pause; !requests.done();) {
      if (!pause()) continue;
      process().progress();
      process().hear_goodbyes();
      const auto& ended = process().ended;
      const bool has_ended = std::find(ended.begin(), ended.end(), true) != ended.end();
      if (has_ended && last == deadline && !absent_of(requests).ended.empty())
        last = std::min(deadline, Clock::now() + std::chrono::milliseconds(200));
      if (Clock::now() > last) return absent_of(requests);
    }
    return {};
  }
  Absent absent_of(Requests& requests) const {
    Absent absent;
    const auto& ended = process().ended;
    for (int r : requests.waiting_for())
      (ended[std::size_t(world_ranks_[std::size_t(r)])] ? absent.ended : absent.late).push_back(r);
    return absent;
  }

  MPI_Comm group_;
  int rank_ = 0, size_ = 1;
  std::vector<int> ranks_, world_ranks_;
};

/// num_threads() becomes the number of processors for each rank of this machine: those that mpirun
/// bound the rank to, or a fair part of all.
void share_processors() {
  if (std::getenv("TINYGRAD_THREADS")) return;
  cpu_set_t own;
  if (sched_getaffinity(0, sizeof own, &own) != 0) return;
  MPI_Comm machine;
  int ranks = 1;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  MPI_Comm_size(machine, &ranks);
  MPI_Comm_free(&machine);
  const int count = CPU_COUNT(&own), all = int(std::thread::hardware_concurrency());
  set_num_threads(std::clamp(count < all ? count : all / ranks, 1, 256));
}

}  // namespace

std::shared_ptr<Communicator> open_mpi(const Call& call) {
  int is_open = 0, level = 0, size = 1;
  MPI_Initialized(&is_open);
  if (is_open) MPI_Query_thread(&level);
  else MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &level);
  require(
      level >= MPI_THREAD_SERIALIZED, call,
      "MPI was initialized without MPI_THREAD_SERIALIZED, which its communication thread needs");
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  process().ended.resize(std::size_t(size));
  process().owns_mpi = !is_open;
  share_processors();
  if (size > 1) return std::make_shared<MpiCommunicator>(MPI_COMM_WORLD);
  if (process().owns_mpi) MPI_Finalize();
  return nullptr;
}

void close_mpi(CommunicationThread& thread) {
  thread.finish();
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  auto& ended = process().ended;
  ended[std::size_t(rank)] = true;
  Requests goodbyes;
  for (int r = 0; r < int(ended.size()); ++r)
    if (r != rank)
      MPI_Isend(nullptr, 0, MPI_BYTE, r, goodbye_tag, MPI_COMM_WORLD,
                &goodbyes.list.emplace_back());
  for (Pause pause; !goodbyes.done() || std::find(ended.begin(), ended.end(), false) != ended.end();
       pause())
    process().hear_goodbyes();
  if (process().owns_mpi) MPI_Finalize();
}

}  // namespace tinygrad::distributed

#else

namespace tinygrad::distributed {

std::shared_ptr<Communicator> open_mpi(const Call& call) {
  fail(call,
       "the library was built without MPI; configure it with TINYGRAD_MPI=ON, or start the "
       "program without mpirun");
}
void close_mpi(CommunicationThread&) {}

}  // namespace tinygrad::distributed

#endif

bool tinygrad::distributed::started_by_mpirun() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})  // Open MPI; MPICH, Intel MPI
    if (const char* size = std::getenv(name)) return std::atoi(size) > 1;
  return false;
}
