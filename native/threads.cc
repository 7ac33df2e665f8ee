#include "threads.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace hpl {
namespace {

/** Elements below which waking another thread takes longer than it saves. */
constexpr int64_t smallestShare = 16384;
/** Parts per thread, so that one that was held up leaves work to the others. */
constexpr int64_t partsPerThread = 4;
/** Turns of waiting before a thread falls asleep: products of matrices want its core. */
constexpr int patience = 2000;

/** Lives on the stack of the thread that waits for it. */
struct Job {
  const std::function<void(int64_t, int64_t)>* work;
  int64_t count;
  int64_t part;
  std::atomic<int64_t> next{0};
  /** Threads that took the job up and may still read it, beside the one that waits. */
  std::atomic<int> working{0};
};

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void take(Job& job) {
  for (;;) {
    const int64_t begin = job.next.fetch_add(job.part);
    if (begin >= job.count) return;
    (*job.work)(begin, std::min(begin + job.part, job.count));
  }
}

/** As many as TensorFlow uses for one operation. */
int wantedThreads() {
  const char* limit = std::getenv("TF_NUM_INTRAOP_THREADS");
  const int wanted = limit == nullptr ? 0 : std::atoi(limit);
  return wanted > 0 ? wanted : std::max(1u, std::thread::hardware_concurrency());
}

/** Threads that wait for jobs. One job at a time. */
class Pool {
 public:
  Pool() : threads_(wantedThreads()) {
    for (int i = 1; i < threads_; ++i) std::thread([this] { serve(); }).detach();
  }

  int threads() const { return threads_; }

  /** False, and nothing done, where another thread's job is under way. */
  bool run(Job& job) {
    std::unique_lock<std::mutex> alone(busy_, std::try_to_lock);
    if (!alone.owns_lock()) return false;
    offer(&job);
    wake_.notify_all();
    take(job);
    // Whoever wakes from here on finds no job, so nobody waits for a thread that has no core.
    offer(nullptr);
    for (int turn = 0; job.working.load() > 0; ++turn)
      if (turn < patience)
        pause();
      else
        std::this_thread::yield();
    return true;
  }

 private:
  void offer(Job* job) {
    std::lock_guard<std::mutex> lock(mutex_);
    job_ = job;
    if (job != nullptr) generation_.fetch_add(1);
  }

  void serve() {
    int64_t seen = 0;
    for (;;) {
      for (int turn = 0; turn < patience && generation_.load() == seen; ++turn) pause();
      Job* job;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return generation_.load() != seen; });
        seen = generation_.load();
        job = job_;
        if (job != nullptr) job->working.fetch_add(1);
      }
      if (job == nullptr) continue;
      take(*job);
      // The last look at the job: its thread may go on now.
      job->working.fetch_sub(1);
    }
  }

  const int threads_;
  std::mutex busy_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int64_t> generation_{0};
  Job* job_ = nullptr;
};

Pool& pool() {
  // Never destroyed: its threads live as long as the process.
  static Pool* const shared = new Pool;
  return *shared;
}

}  // namespace

void parallelFor(int64_t count, int64_t cost, const std::function<void(int64_t, int64_t)>& work) {
  const int64_t all = count * std::max<int64_t>(cost, 1);
  const int64_t parts = std::min<int64_t>(pool().threads() * partsPerThread, all / smallestShare);
  if (parts > 1) {
    Job job;
    job.work = &work;
    job.count = count;
    job.part = (count + parts - 1) / parts;
    if (pool().run(job)) return;
  }
  if (count > 0) work(0, count);
}

void parallelForNumbers(int64_t count, int64_t cost, const std::function<void(int64_t, int64_t)>& work) {
  constexpr int64_t block = 256;
  parallelFor((count + block - 1) / block, cost * block,
              [&](int64_t begin, int64_t end) { work(begin * block, std::min(end * block, count)); });
}

}  // namespace hpl
