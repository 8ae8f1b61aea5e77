// Graphs: lists of captured work, run again in the order in which it was captured.
#include <cstring>
#include "driver.h"

using namespace sim;

SIM_EXPORT int cuGraphCreate(void** graph, unsigned flags) {
    SIM_ENTER();
    if (flags != 0) {
        return status::invalid_value;
    }
    Graph* made = new Graph;
    driver().graphs.insert(made);
    *graph = made;
    return status::success;
}

SIM_EXPORT int cuGraphDestroy(void* graph) {
    SIM_ENTER();
    if (driver().graphs.erase(graph) == 0) {
        return status::invalid_handle;
    }
    delete static_cast<Graph*>(graph);
    return status::success;
}

SIM_EXPORT int cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long flags) {
    SIM_ENTER();
    if (driver().graphs.count(graph) == 0) {
        return status::invalid_handle;
    }
    GraphExec* made = new GraphExec;
    made->nodes = std::make_shared<const std::vector<WorkPointer>>(static_cast<Graph*>(graph)->nodes);
    made->flags = flags;
    driver().executables.insert(made);
    *executable = made;
    return status::success;
}

SIM_EXPORT int cuGraphExecDestroy(void* executable) {
    SIM_ENTER();
    if (driver().executables.erase(executable) == 0) {
        return status::invalid_handle;
    }
    delete static_cast<GraphExec*>(executable);
    return status::success;
}

SIM_EXPORT int cuGraphExecGetFlags(void* executable, unsigned long long* flags) {
    SIM_ENTER();
    if (driver().executables.count(executable) == 0) {
        return status::invalid_handle;
    }
    *flags = static_cast<GraphExec*>(executable)->flags;
    return status::success;
}

SIM_EXPORT int cuGraphUpload(void* executable, void* stream) {
    SIM_ENTER();
    bool known = driver().executables.count(executable) != 0 && driver().stream(stream) != nullptr;
    return known ? status::success : status::invalid_handle;
}

SIM_EXPORT int cuGraphLaunch(void* executable, void* handle) {
    SIM_ENTER();
    Stream* stream = driver().stream(handle);
    if (stream == nullptr || driver().executables.count(executable) == 0) {
        return status::invalid_handle;
    }
    driver().counters.graph_launches++;
    if (driver().drops_launches) {
        return status::success;
    }
    return issue(*stream, std::make_shared<GraphWork>(static_cast<GraphExec*>(executable)->nodes));
}

// Handles of nodes are good for counting and for asking their types.
SIM_EXPORT int cuGraphGetNodes(void* graph, void** nodes, size_t* count) {
    SIM_ENTER();
    if (driver().graphs.count(graph) == 0) {
        return status::invalid_handle;
    }
    const auto& list = static_cast<Graph*>(graph)->nodes;
    if (nodes != nullptr) {
        for (size_t i = 0; i < *count; i++) {
            nodes[i] = i < list.size() ? const_cast<Work*>(list[i].get()) : nullptr;
        }
    }
    *count = list.size();
    return status::success;
}

SIM_EXPORT int cuGraphGetRootNodes(void* graph, void** nodes, size_t* count) {
    SIM_ENTER();
    if (driver().graphs.count(graph) == 0) {
        return status::invalid_handle;
    }
    const auto& list = static_cast<Graph*>(graph)->nodes;
    if (nodes != nullptr && *count > 0 && !list.empty()) {
        nodes[0] = const_cast<Work*>(list[0].get());
    }
    *count = list.empty() ? 0 : 1;
    return status::success;
}

SIM_EXPORT int cuGraphNodeGetType(void* node, int* type) {
    SIM_ENTER();
    *type = static_cast<const Work*>(node)->node_type();
    return status::success;
}

SIM_EXPORT int cuDeviceGetGraphMemAttribute(int, int, void* value) {
    memset(value, 0, sizeof(uint64_t));
    return status::success;
}

SIM_EXPORT int cuDeviceGraphMemTrim(int) { return status::success; }
