// Four doubles side by side, or eight, where the compiler's own vectorising of a loop falls short: when several sums end at
// once.
#pragma once

#include <cstring>

#include "rows.hpp"

namespace oddsmith {

#if !defined(__GNUC__)
#error "Oddsmith's kernels need GCC 11 or later, or Clang: they use their vector types."
#endif
using Four = double __attribute__((vector_size(32)));
using Eight = double __attribute__((vector_size(64)));  // only where processors have such registers is this quicker

// So many as V has, of doubles or floats.
template <class V, class T>
ODDSMITH_INLINE V lanes_from(const T* from) {
    T __attribute__((vector_size(sizeof(V) / sizeof(double) * sizeof(T)))) v;
    std::memcpy(&v, from, sizeof v);
    return __builtin_convertvector(v, V);
}

template <class T>
ODDSMITH_INLINE Four four(const T* from) {
    return lanes_from<Four>(from);
}

ODDSMITH_INLINE void put(double* to, const Four& v) { std::memcpy(to, &v, sizeof v); }

#if defined(__has_builtin) && __has_builtin(__builtin_shufflevector)
#define ODDSMITH_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else  // GCC before 12
using Places = long long __attribute__((vector_size(32)));
#define ODDSMITH_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, Places{__VA_ARGS__})
#endif

// The four sums over the lanes of a, b, c and d.
ODDSMITH_INLINE Four sums_of(const Four& a, const Four& b, const Four& c, const Four& d) {
    const Four ab = ODDSMITH_SHUFFLE(a, b, 0, 4, 2, 6) + ODDSMITH_SHUFFLE(a, b, 1, 5, 3, 7);
    const Four cd = ODDSMITH_SHUFFLE(c, d, 0, 4, 2, 6) + ODDSMITH_SHUFFLE(c, d, 1, 5, 3, 7);
    return ODDSMITH_SHUFFLE(ab, cd, 0, 1, 4, 5) + ODDSMITH_SHUFFLE(ab, cd, 2, 3, 6, 7);
}
#undef ODDSMITH_SHUFFLE

}  // namespace oddsmith
