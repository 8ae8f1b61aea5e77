// The functions that g++ -fsanitize=thread calls from kernels. Its own library is not linked: it knows threads of the host,
// not those of a block.
#include "races.h"

using sim::races::Access;

#define HOOK extern "C" __attribute__((visibility("default")))
#define HERE __builtin_return_address(0)

HOOK void __tsan_init() {}
HOOK void __tsan_func_entry(void*) {}
HOOK void __tsan_func_exit() {}

#define ACCESS(name, bytes)                                                                                              \
    HOOK void __tsan_read##name(void* address) { sim::races::access(address, bytes, Access::read, HERE); }               \
    HOOK void __tsan_write##name(void* address) { sim::races::access(address, bytes, Access::write, HERE); }             \
    HOOK void __tsan_unaligned_read##name(void* address) { sim::races::access(address, bytes, Access::read, HERE); }     \
    HOOK void __tsan_unaligned_write##name(void* address) { sim::races::access(address, bytes, Access::write, HERE); }   \
    HOOK void __tsan_volatile_read##name(void* address) { sim::races::access(address, bytes, Access::read, HERE); }      \
    HOOK void __tsan_volatile_write##name(void* address) { sim::races::access(address, bytes, Access::write, HERE); }
ACCESS(1, 1)
ACCESS(2, 2)
ACCESS(4, 4)
ACCESS(8, 8)
ACCESS(16, 16)
#undef ACCESS

HOOK void __tsan_read_range(void* address, unsigned long bytes) { sim::races::access(address, bytes, Access::read, HERE); }
HOOK void __tsan_write_range(void* address, unsigned long bytes) { sim::races::access(address, bytes, Access::write, HERE); }

// The load is the first half of an atomic: the second half counts.
#define ATOMIC(bits, T)                                                                                                  \
    HOOK T __tsan_atomic##bits##_load(const volatile T* address, int) { return __atomic_load_n(address, __ATOMIC_SEQ_CST); } \
    HOOK T __tsan_atomic##bits##_exchange(volatile T* address, T value, int) {                                           \
        sim::races::access(const_cast<T*>(address), sizeof(T), Access::atomic, HERE);                                    \
        return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);                                                    \
    }                                                                                                                    \
    HOOK int __tsan_atomic##bits##_compare_exchange_strong(volatile T* address, T* expected, T value, int, int) {        \
        sim::races::access(const_cast<T*>(address), sizeof(T), Access::atomic, HERE);                                    \
        return __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);         \
    }
ATOMIC(32, unsigned)
ATOMIC(64, unsigned long)
#undef ATOMIC

// The fence of a block is the weaker one of device/execution.h.
HOOK void __tsan_atomic_thread_fence(int order) {
    if (order == __ATOMIC_SEQ_CST) {
        sim::races::fence();
    }
}
