// WIDTH vectors of WIDTH numbers, transposed where they are.

#pragma once

#include <utility>

#include "vector.hpp"

namespace ahc::AHC_VARIANT {

// Of two vectors, cut into blocks of 128 bits: numbers 0 and 1 (or 2 and 3) of each block, from a and b in turn.
constexpr std::size_t unpacked(std::size_t i, bool high) {
    return i / 4 * 4 + i % 4 / 2 + 2 * high + (i % 2 ? WIDTH : 0);
}

// Runs of SIZE numbers: the even ones (or the odd ones) of a, and in between those of b.
constexpr std::size_t exchanged(std::size_t i, std::size_t size, bool odd) {
    const std::size_t run = i / size;
    return (run / 2 * 2 + odd) * size + i % size + (run % 2 ? WIDTH : 0);
}

template <bool HIGH, std::size_t... I>
inline Vector unpack(Vector a, Vector b, std::index_sequence<I...>) {
    return __builtin_shufflevector(a, b, static_cast<int>(unpacked(I, HIGH))...);
}

template <std::size_t SIZE, bool ODD, std::size_t... I>
inline Vector exchange(Vector a, Vector b, std::index_sequence<I...>) {
    return __builtin_shufflevector(a, b, static_cast<int>(exchanged(I, SIZE, ODD))...);
}

// Exchanges runs of SIZE numbers between vectors that are SIZE apart.
template <std::size_t SIZE>
inline void exchange_runs(Vector *vectors) {
    constexpr std::make_index_sequence<WIDTH> all_lanes;
#pragma GCC unroll 16
    for (std::size_t i = 0; i < WIDTH; ++i) {
        if (i & SIZE) continue;
        const Vector a = vectors[i], b = vectors[i + SIZE];
        vectors[i] = exchange<SIZE, false>(a, b, all_lanes);
        vectors[i + SIZE] = exchange<SIZE, true>(a, b, all_lanes);
    }
}

inline void transpose(Vector *vectors) {
    constexpr std::make_index_sequence<WIDTH> all_lanes;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < WIDTH; i += 4) {  // 4 x 4 numbers, within blocks of 128 bits
        Vector *v = vectors + i;
        const Vector low_01 = unpack<false>(v[0], v[1], all_lanes), high_01 = unpack<true>(v[0], v[1], all_lanes);
        const Vector low_23 = unpack<false>(v[2], v[3], all_lanes), high_23 = unpack<true>(v[2], v[3], all_lanes);
        v[0] = exchange<2, false>(low_01, low_23, all_lanes);
        v[1] = exchange<2, true>(low_01, low_23, all_lanes);
        v[2] = exchange<2, false>(high_01, high_23, all_lanes);
        v[3] = exchange<2, true>(high_01, high_23, all_lanes);
    }
    if constexpr (WIDTH >= 8) exchange_runs<4>(vectors);
    if constexpr (WIDTH >= 16) exchange_runs<8>(vectors);
}

}  // namespace ahc::AHC_VARIANT
