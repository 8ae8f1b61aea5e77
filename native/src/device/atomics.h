// Atomics on integers. There are none on floating point: their order, and so the result, would change from run to run.
#pragma once
#include <type_traits>

namespace sim {
template <class T, class Change>
inline T atomic_change(T* address, Change change) {
    static_assert(std::is_integral_v<T>, "atomics are for integers: floating point results would depend on the order");
    T old = __atomic_load_n(address, __ATOMIC_RELAXED);
    T next;
    do {
        next = change(old);
    } while (!__atomic_compare_exchange_n(address, &old, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    return old;
}
template <class T>
struct Same {
    typedef T type;
};
} // namespace sim

#define SIM_ATOMIC(name, result)                                      \
    template <class T>                                                \
    inline T name(T* address, typename sim::Same<T>::type value) {    \
        return sim::atomic_change(address, [=](T old) { return static_cast<T>(result); }); \
    }
SIM_ATOMIC(atomicAdd, old + value)
SIM_ATOMIC(atomicSub, old - value)
SIM_ATOMIC(atomicMin, old < value ? old : value)
SIM_ATOMIC(atomicMax, old > value ? old : value)
SIM_ATOMIC(atomicAnd, old & value)
SIM_ATOMIC(atomicOr, old | value)
SIM_ATOMIC(atomicXor, old ^ value)
SIM_ATOMIC(atomicInc, old >= value ? 0 : old + 1)
SIM_ATOMIC(atomicDec, old == 0 || old > value ? value : old - 1)
#undef SIM_ATOMIC

template <class T>
inline T atomicExch(T* address, typename sim::Same<T>::type value) {
    return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);
}
template <class T>
inline T atomicCAS(T* address, typename sim::Same<T>::type expected, typename sim::Same<T>::type value) {
    __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}
