#include "streams.h"
#include "driver.h"
#include "status.h"

namespace sim {
namespace {
// So much may wait in a stream before it is run without being asked.
constexpr size_t most_steps = 4096;

thread_local int capture_mode = 0;

int invalidate(Capture& capture, int status) {
    capture.invalid = true;
    return status;
}

// The legacy default stream and the blocking streams wait for each other.
int order_with_legacy(Stream& stream) {
    if (stream.legacy) {
        for (Stream* other : driver().streams) {
            if ((other->flags & 1) == 0 && other->capture != nullptr) {
                return invalidate(*other->capture, status::capture_implicit);
            }
        }
        for (Stream* other : driver().streams) {
            if ((other->flags & 1) == 0 && other != &stream) {
                drain(*other);
            }
        }
    } else if ((stream.flags & 1) == 0) {
        drain(driver().legacy);
    }
    return status::success;
}

int append(Capture& capture, Stream& stream, WorkPointer work) {
    if (capture.invalid) {
        return status::capture_invalidated;
    }
    if (work->node_type() == 11) {
        return invalidate(capture, status::not_supported);
    }
    capture.nodes.push_back(std::move(work));
    capture.joined[&stream][&stream]++;
    return status::success;
}

int enqueue(Stream& stream, Step step) {
    stream.steps.push_back(std::move(step));
    if (stream.steps.size() > most_steps) {
        drain(stream);
    }
    return status::success;
}
} // namespace

Fault GraphWork::run() const {
    driver().counters.graph_nodes += static_cast<long long>(nodes_->size());
    for (const WorkPointer& node : *nodes_) {
        Fault fault = node->run();
        if (fault.status != 0) {
            return fault;
        }
    }
    return {};
}

int issue(Stream& stream, WorkPointer work) {
    if (stream.capture != nullptr) {
        return append(*stream.capture, stream, std::move(work));
    }
    if (int refused = order_with_legacy(stream)) {
        return refused;
    }
    return enqueue(stream, {std::move(work), nullptr, nullptr});
}

int record(Stream& stream, Event& event) {
    if (stream.capture != nullptr) {
        if (stream.capture->invalid) {
            return status::capture_invalidated;
        }
        event.capture = stream.capture;
        event.clock = stream.capture->joined[&stream];
        return status::success;
    }
    if (int refused = order_with_legacy(stream)) {
        return refused;
    }
    event.capture = nullptr;
    event.point = std::make_shared<EventPoint>();
    event.point->stream = &stream;
    return enqueue(stream, {nullptr, event.point, nullptr});
}

int wait(Stream& stream, Event& event) {
    if (event.capture != nullptr) {
        Capture& capture = *event.capture;
        if (stream.capture == nullptr) {
            stream.capture = event.capture; // the stream joins
        } else if (stream.capture != event.capture) {
            invalidate(*stream.capture, status::capture_merge);
            return invalidate(capture, status::capture_merge);
        }
        Clock& seen = capture.joined[&stream];
        for (const auto& entry : event.clock) {
            seen[entry.first] = std::max(seen[entry.first], entry.second);
        }
        return capture.invalid ? status::capture_invalidated : status::success;
    }
    if (stream.capture != nullptr) {
        return event.point == nullptr ? status::success : invalidate(*stream.capture, status::capture_isolation);
    }
    if (event.point == nullptr || event.point->done) {
        return status::success;
    }
    return enqueue(stream, {nullptr, nullptr, event.point});
}

void drain(Stream& stream, const EventPoint* until) {
    while (!stream.steps.empty() && (until == nullptr || !until->done)) {
        Step step = std::move(stream.steps.front());
        stream.steps.pop_front();
        if (step.wait != nullptr && !step.wait->done) {
            drain(*step.wait->stream, step.wait.get());
        }
        if (step.record != nullptr) {
            step.record->time = std::chrono::steady_clock::now();
            step.record->done = true;
        }
        if (step.work != nullptr && driver().sticky == 0) {
            Fault fault = step.work->run();
            if (fault.status != 0) {
                driver().fail(fault);
            }
        }
    }
}

void drain_all() {
    drain(driver().legacy);
    for (size_t i = 0; i < driver().streams.size(); i++) {
        drain(*driver().streams[i]);
    }
}

int refuse_if_capturing() {
    if (capture_mode == 2) {
        return status::success;
    }
    for (Stream* stream : driver().streams) {
        Capture* capture = stream->capture.get();
        if (capture == nullptr || capture->mode == 2) {
            continue;
        }
        bool own = capture->thread == std::this_thread::get_id();
        if (own || (capture_mode == 0 && capture->mode == 0)) {
            return invalidate(*capture, status::capture_unsupported);
        }
    }
    return status::success;
}

int begin_capture(Stream& stream, int mode) {
    if (stream.legacy) {
        return status::capture_unsupported;
    }
    if (stream.capture != nullptr || mode < 0 || mode > 2) {
        return stream.capture != nullptr ? status::illegal_state : status::invalid_value;
    }
    stream.capture = std::make_shared<Capture>();
    stream.capture->origin = &stream;
    stream.capture->mode = mode;
    stream.capture->thread = std::this_thread::get_id();
    stream.capture->joined[&stream];
    return status::success;
}

int end_capture(Stream& stream, std::vector<WorkPointer>& nodes) {
    std::shared_ptr<Capture> capture = stream.capture;
    if (capture == nullptr) {
        return status::illegal_state;
    }
    if (capture->origin != &stream) {
        return invalidate(*capture, status::capture_unmatched);
    }
    if (capture->mode != 2 && capture->thread != std::this_thread::get_id()) {
        return status::capture_wrong_thread;
    }
    int result = capture->invalid ? status::capture_invalidated : status::success;
    const Clock& seen = capture->joined[&stream];
    for (const auto& entry : capture->joined) {
        auto known = seen.find(entry.first);
        auto own = entry.second.find(entry.first);
        size_t issued = own == entry.second.end() ? 0 : own->second;
        if (result == status::success && entry.first != &stream && (known == seen.end() ? 0 : known->second) < issued) {
            result = status::capture_unjoined;
        }
        entry.first->capture = nullptr;
    }
    nodes = std::move(capture->nodes);
    return result;
}

int exchange_capture_mode(int mode) {
    int before = capture_mode;
    capture_mode = mode;
    return before;
}
} // namespace sim
