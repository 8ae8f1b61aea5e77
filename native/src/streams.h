// Streams, events and what is being captured. Work is kept until somebody waits for it: so a program that reads results, or
// reuses a pinned buffer, without waiting first sees it fail here every time and not just once in a while.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <thread>
#include <vector>
#include "work.h"

namespace sim {
struct Stream;

// One record of an event; later records make new ones.
struct EventPoint {
    Stream* stream = nullptr;
    bool done = false;
    std::chrono::steady_clock::time_point time;
};

// How much of each stream's captured work is known to be before some point.
typedef std::map<const Stream*, size_t> Clock;

// A sequence of work that is being recorded instead of run.
struct Capture {
    Stream* origin = nullptr;
    int mode = 0; // 0 global, 1 thread local, 2 relaxed
    std::thread::id thread;
    bool invalid = false;
    std::vector<WorkPointer> nodes;
    std::map<Stream*, Clock> joined; // streams that take part, with what they have seen
};

struct Event {
    unsigned flags = 0;
    std::shared_ptr<EventPoint> point;
    std::shared_ptr<Capture> capture; // if last recorded while capturing
    Clock clock;
};

struct Step {
    WorkPointer work;
    std::shared_ptr<EventPoint> record;
    std::shared_ptr<EventPoint> wait;
};

struct Stream {
    uint64_t id = 0;
    unsigned flags = 0; // 1: non-blocking
    int priority = 0;
    bool legacy = false;
    std::deque<Step> steps;
    std::shared_ptr<Capture> capture;
};

struct Graph {
    std::vector<WorkPointer> nodes;
};

// A graph ready to be launched; a launch still queued keeps it alive.
struct GraphExec {
    std::shared_ptr<const std::vector<WorkPointer>> nodes;
    uint64_t flags = 0;
};

class GraphWork final : public Work {
public:
    explicit GraphWork(std::shared_ptr<const std::vector<WorkPointer>> nodes) : nodes_(std::move(nodes)) {}
    Fault run() const override;
    int node_type() const override { return 4; }

private:
    std::shared_ptr<const std::vector<WorkPointer>> nodes_;
};

// Puts work on a stream, or into the graph that it captures. Returns a CUresult.
int issue(Stream& stream, WorkPointer work);
int record(Stream& stream, Event& event);
int wait(Stream& stream, Event& event);

// Runs what a stream holds, all or up to a point. After a fault the rest is dropped.
void drain(Stream& stream, const EventPoint* until = nullptr);
void drain_all();

// A CUresult if the calling thread must not make a call that synchronises or allocates now; breaks the capture.
int refuse_if_capturing();

int begin_capture(Stream& stream, int mode);
int end_capture(Stream& stream, std::vector<WorkPointer>& nodes);
int exchange_capture_mode(int mode);
} // namespace sim
