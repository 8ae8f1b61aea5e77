#include "grid.h"
#include <pthread.h>
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>
#include "races.h"

namespace sim {
namespace {
// Below so many threads a launch is done before a helper would have woken.
constexpr uint64_t alone_up_to_threads = 4096;

// A job is a number of independent pieces; every thread of the team takes the next piece until there are none.
struct Job {
    const std::function<Fault(long long)>* body = nullptr;
    long long count = 0;
    std::atomic<long long> next{0};
    std::mutex mutex;
    Fault fault;

    void take_part() {
        Fault mine = run_guarded([this] {
            for (long long piece; (piece = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
                Fault result = (*body)(piece);
                if (result.status != 0) {
                    return result;
                }
            }
            return Fault{};
        });
        if (mine.status != 0) {
            next.store(count);
            std::lock_guard<std::mutex> lock(mutex);
            if (fault.status == 0) {
                fault = mine;
            }
        }
    }
};

// Helpers wait for a job, join it, and leave it when its pieces are gone.
class Team {
public:
    void resize(unsigned threads) {
        std::lock_guard<std::mutex> lock(mutex_);
        wanted_ = std::max(1u, threads);
    }
    unsigned size() const { return wanted_; }

    void run(Job& job) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            while (helpers_ + 1 < wanted_) {
                std::thread([this, number = helpers_] { help(number); }).detach();
                helpers_++;
            }
            job_ = &job;
        }
        wake_.notify_all();
        job.take_part();
        std::unique_lock<std::mutex> lock(mutex_);
        job_ = nullptr;
        left_.wait(lock, [this] { return inside_ == 0; });
    }

private:
    void help(unsigned number) {
        pthread_setname_np(pthread_self(), "simcuda");
        std::unique_lock<std::mutex> lock(mutex_);
        for (;;) {
            wake_.wait(lock, [&] {
                return job_ != nullptr && number + 1 < wanted_ && job_->next.load(std::memory_order_relaxed) < job_->count;
            });
            Job* job = job_;
            inside_++;
            lock.unlock();
            job->take_part();
            lock.lock();
            if (--inside_ == 0) {
                left_.notify_one();
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable left_;
    Job* job_ = nullptr;
    unsigned inside_ = 0;
    unsigned helpers_ = 0;
    std::atomic<unsigned> wanted_{1};
};

// Never destroyed: its helpers live until the process ends.
Team& team() {
    static Team* instance = new Team;
    return *instance;
}
} // namespace

void set_host_threads(unsigned count) { team().resize(count); }
unsigned host_threads() { return team().size(); }

Fault run_parallel(long long count, const std::function<Fault(long long)>& body) {
    Job job;
    job.body = &body;
    job.count = count;
    if (count == 1 || host_threads() == 1) {
        job.take_part();
    } else {
        team().run(job);
    }
    return job.fault;
}

Fault run_grid(const Grid& grid) {
    uint64_t blocks = grid.blocks();
    bool alone = races::one_host_thread || blocks == 1 || host_threads() == 1 || blocks * grid.threads() <= alone_up_to_threads;
    long long pieces = alone ? 1 : static_cast<long long>(std::min<uint64_t>(blocks, 16 * host_threads()));
    std::function<Fault(long long)> body = [&](long long piece) {
        Scheduler& own = scheduler();
        uint64_t begin = blocks * static_cast<uint64_t>(piece) / static_cast<uint64_t>(pieces);
        uint64_t end = blocks * static_cast<uint64_t>(piece + 1) / static_cast<uint64_t>(pieces);
        for (uint64_t i = begin; i < end; i++) {
            int status = own.run(grid, i);
            if (status != 0) {
                return Fault{status, own.message()};
            }
        }
        return Fault{};
    };
    races::begin_launch(grid);
    Fault fault = run_parallel(pieces, body);
    Fault found = races::end_launch();
    return fault.status != 0 ? fault : found;
}
} // namespace sim
