// The CUresult values that the simulated driver gives.
#pragma once

namespace sim::status {
constexpr int success = 0;
constexpr int invalid_value = 1;
constexpr int out_of_memory = 2;
constexpr int not_initialized = 3;
constexpr int deinitialized = 4;
constexpr int device_unavailable = 46;
constexpr int no_device = 100;
constexpr int invalid_device = 101;
constexpr int invalid_image = 200;
constexpr int invalid_context = 201;
constexpr int invalid_ptx = 218;
constexpr int unsupported_ptx_version = 222;
constexpr int no_binary_for_gpu = 209;
constexpr int invalid_handle = 400;
constexpr int illegal_state = 401;
constexpr int not_found = 500;
constexpr int not_ready = 600;
constexpr int illegal_address = 700;
constexpr int launch_out_of_resources = 701;
constexpr int illegal_instruction = 715;
constexpr int misaligned_address = 716;
constexpr int launch_failed = 719;
constexpr int not_permitted = 800;
constexpr int not_supported = 801;
constexpr int capture_unsupported = 900;
constexpr int capture_invalidated = 901;
constexpr int capture_merge = 902;
constexpr int capture_unmatched = 903;
constexpr int capture_unjoined = 904;
constexpr int capture_isolation = 905;
constexpr int capture_implicit = 906;
constexpr int captured_event = 907;
constexpr int capture_wrong_thread = 908;
constexpr int unknown = 999;

const char* name(int status);
const char* text(int status);
} // namespace sim::status
