// Turns a memory fault, a division by zero or a trap inside simulated device code into a result instead of the process's end.
#pragma once
#include <functional>
#include <string>

namespace sim {
struct Fault {
    int status = 0; // a CUresult, 0 for none
    std::string message;
};

// Installs the signal handlers, once; signals from elsewhere go to the handlers that were there before.
void install_fault_handlers();

// Runs body on the calling thread; ends it where it faults. What body holds then is not destroyed.
Fault run_guarded(const std::function<Fault()>& body);
} // namespace sim
