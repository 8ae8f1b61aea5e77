// Streams, events, capture.
#include <algorithm>
#include <cstring>
#include "driver.h"

using namespace sim;

SIM_EXPORT int cuStreamCreateWithPriority(void** handle, unsigned flags, int priority) {
    SIM_ENTER();
    if (flags > 1) {
        return status::invalid_value;
    }
    Stream* stream = new Stream;
    stream->id = driver().next_stream_id++;
    stream->flags = flags;
    stream->priority = priority;
    driver().streams.push_back(stream);
    *handle = stream;
    return status::success;
}

SIM_EXPORT int cuStreamCreate(void** handle, unsigned flags) { return cuStreamCreateWithPriority(handle, flags, 0); }

SIM_EXPORT int cuStreamDestroy_v2(void* handle) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr || stream->legacy) {
        return status::invalid_handle;
    }
    if (stream->capture != nullptr) {
        stream->capture->invalid = true;
        stream->capture->joined.erase(stream);
    }
    drain(*stream);
    driver().streams.erase(std::find(driver().streams.begin(), driver().streams.end(), stream));
    delete stream;
    return status::success;
}

SIM_EXPORT int cuStreamSynchronize(void* handle) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    if (stream->capture != nullptr) {
        stream->capture->invalid = true;
        return status::capture_unsupported;
    }
    if (int status = refuse_if_capturing()) {
        return status;
    }
    driver().counters.synchronizations++;
    drain(*stream);
    return driver().sticky;
}

// Work goes on only when somebody asks for it, so this runs it, after it has said that it was not ready.
SIM_EXPORT int cuStreamQuery(void* handle) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    if (stream->capture != nullptr) {
        stream->capture->invalid = true;
        return status::capture_unsupported;
    }
    bool ready = stream->steps.empty();
    drain(*stream);
    return driver().sticky != 0 ? driver().sticky : ready ? status::success : status::not_ready;
}

SIM_EXPORT int cuStreamGetFlags(void* handle, unsigned* flags) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    *flags = stream == nullptr ? 0 : stream->flags;
    return stream == nullptr ? status::invalid_handle : status::success;
}

SIM_EXPORT int cuStreamGetPriority(void* handle, int* priority) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    *priority = stream == nullptr ? 0 : stream->priority;
    return stream == nullptr ? status::invalid_handle : status::success;
}

SIM_EXPORT int cuStreamGetId(void* handle, unsigned long long* id) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    *id = stream == nullptr ? 0 : stream->id;
    return stream == nullptr ? status::invalid_handle : status::success;
}

SIM_EXPORT int cuStreamGetCtx(void* handle, void** context) {
    SIM_ENTER();
    *context = current_context;
    return driver().stream(handle) == nullptr ? status::invalid_handle : status::success;
}

SIM_EXPORT int cuStreamWaitEvent(void* handle, void* event, unsigned) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr || driver().events.count(event) == 0) {
        return status::invalid_handle;
    }
    return wait(*stream, *static_cast<Event*>(event));
}

SIM_EXPORT int cuLaunchHostFunc(void* handle, void (*function)(void*), void* data) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    return stream == nullptr ? status::invalid_handle : issue(*stream, std::make_shared<CallbackWork>(function, data));
}

SIM_EXPORT int cuEventCreate(void** handle, unsigned flags) {
    SIM_ENTER();
    Event* event = new Event;
    event->flags = flags;
    driver().events.insert(event);
    *handle = event;
    return status::success;
}

SIM_EXPORT int cuEventDestroy_v2(void* handle) {
    SIM_ENTER();
    if (driver().events.erase(handle) == 0) {
        return status::invalid_handle;
    }
    delete static_cast<Event*>(handle);
    return status::success;
}

SIM_EXPORT int cuEventRecordWithFlags(void* handle, void* stream_handle, unsigned) {
    SIM_ENTER();
    Stream* stream = driver().stream(stream_handle);
    if (stream == nullptr || driver().events.count(handle) == 0) {
        return status::invalid_handle;
    }
    return record(*stream, *static_cast<Event*>(handle));
}

SIM_EXPORT int cuEventRecord(void* handle, void* stream) { return cuEventRecordWithFlags(handle, stream, 0); }

static int complete(void* handle, bool wait) {
    if (driver().events.count(handle) == 0) {
        return status::invalid_handle;
    }
    Event& event = *static_cast<Event*>(handle);
    if (event.capture != nullptr) {
        event.capture->invalid = true;
        return status::captured_event;
    }
    if (int status = refuse_if_capturing()) {
        return status;
    }
    bool ready = event.point == nullptr || event.point->done;
    if (!ready) {
        std::shared_ptr<EventPoint> point = event.point;
        drain(*point->stream, point.get());
    }
    return driver().sticky != 0 ? driver().sticky : ready || wait ? status::success : status::not_ready;
}

SIM_EXPORT int cuEventSynchronize(void* handle) {
    SIM_ENTER();
    driver().counters.synchronizations++;
    return complete(handle, true);
}

// As cuStreamQuery.
SIM_EXPORT int cuEventQuery(void* handle) {
    SIM_ENTER();
    return complete(handle, false);
}

SIM_EXPORT int cuEventElapsedTime_v2(float* milliseconds, void* from, void* to) {
    SIM_ENTER();
    if (driver().events.count(from) == 0 || driver().events.count(to) == 0) {
        return status::invalid_handle;
    }
    Event& begin = *static_cast<Event*>(from);
    Event& end = *static_cast<Event*>(to);
    if (((begin.flags | end.flags) & 2) != 0 || begin.point == nullptr || end.point == nullptr) {
        return status::invalid_handle;
    }
    if (!begin.point->done || !end.point->done) {
        return status::not_ready;
    }
    *milliseconds = std::chrono::duration<float, std::milli>(end.point->time - begin.point->time).count();
    return status::success;
}

SIM_EXPORT int cuEventElapsedTime(float* milliseconds, void* from, void* to) { return cuEventElapsedTime_v2(milliseconds, from, to); }

SIM_EXPORT int cuStreamBeginCapture_v2(void* handle, int mode) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    return stream == nullptr ? status::invalid_handle : begin_capture(*stream, mode);
}

SIM_EXPORT int cuStreamEndCapture(void* handle, void** graph) {
    SIM_ENTER();
    *graph = nullptr;
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    std::vector<WorkPointer> nodes;
    if (int status = end_capture(*stream, nodes)) {
        return status;
    }
    Graph* made = new Graph;
    made->nodes = std::move(nodes);
    driver().graphs.insert(made);
    *graph = made;
    return status::success;
}

SIM_EXPORT int cuStreamIsCapturing(void* handle, int* state) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr) {
        return status::invalid_handle;
    }
    *state = stream->capture == nullptr ? 0 : stream->capture->invalid ? 2 : 1;
    return status::success;
}

SIM_EXPORT int cuThreadExchangeStreamCaptureMode(int* mode) {
    if (*mode < 0 || *mode > 2) {
        return status::invalid_value;
    }
    *mode = exchange_capture_mode(*mode);
    return status::success;
}
