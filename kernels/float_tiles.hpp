// Sums of products in float32 with one order of summation, so that their bits depend on nothing else: for k = 0, 1, ...
// K-1 in turn, sum = fma(x[k], w[k, n], sum), from 0. The lanes of a vector are different columns n and a tile holds
// several rows: none of them meets another, so neither tiles nor the width of the machine's vectors show in a bit.

#pragma once

#include <cmath>
#include <cstddef>

namespace ahc {

constexpr std::size_t PANEL = 32;      // columns of weights that lie together: [K][PANEL]
constexpr std::size_t TILE_ROWS = 12;  // rows of x that one tile takes

// The products of TILE_ROWS rows of x, `stride` apart, and one panel of weights: out [TILE_ROWS][PANEL].
using Product = void (*)(const float *x, std::size_t stride, const float *panel, std::size_t depth, float *out);

// What an instruction set's vectors are. PASS columns of a panel and ROWS rows at once keep all sums in registers.
#if defined(__x86_64__) && defined(__GNUC__)
struct Avx512 {
    typedef float Floats __attribute__((vector_size(64)));
    static constexpr std::size_t PASS = 32, ROWS = 12;
};
struct Avx2 {
    typedef float Floats __attribute__((vector_size(32)));
    static constexpr std::size_t PASS = 16, ROWS = 6;
};
#endif

struct Portable {
    typedef float Floats;
    static constexpr std::size_t PASS = 32, ROWS = 1;
};

// See `Product`. Compiled with -ffp-contract=fast, `sum += x * w` is one fma wherever the target has it, as both vector
// sets do.
template <typename Set>
[[gnu::always_inline]] inline void tile(const float *x, std::size_t stride, const float *panel, std::size_t depth,
                                        float *out) {
    typedef typename Set::Floats Floats;
    constexpr std::size_t LANES = sizeof(Floats) / sizeof(float), VECTORS = Set::PASS / LANES;
    for (std::size_t row = 0; row < TILE_ROWS; row += Set::ROWS)
        for (std::size_t column = 0; column < PANEL; column += Set::PASS) {
            const float *rows = x + row * stride, *weights = panel + column;
            Floats sum[Set::ROWS][VECTORS] = {};
            for (std::size_t k = 0; k < depth; ++k, weights += PANEL) {
                Floats w[VECTORS];
#pragma GCC unroll 4
                for (std::size_t v = 0; v < VECTORS; ++v) __builtin_memcpy(&w[v], weights + v * LANES, sizeof w[v]);
#pragma GCC unroll 12
                for (std::size_t r = 0; r < Set::ROWS; ++r) {
                    const float value = rows[r * stride + k];
#pragma GCC unroll 4
                    for (std::size_t v = 0; v < VECTORS; ++v) sum[r][v] += value * w[v];
                }
            }
#pragma GCC unroll 12
            for (std::size_t r = 0; r < Set::ROWS; ++r)
#pragma GCC unroll 4
                for (std::size_t v = 0; v < VECTORS; ++v)
                    __builtin_memcpy(out + (row + r) * PANEL + column + v * LANES, &sum[r][v], sizeof(Floats));
        }
}

template <>
inline void tile<Portable>(const float *x, std::size_t stride, const float *panel, std::size_t depth, float *out) {
    for (std::size_t r = 0; r < TILE_ROWS; ++r)
        for (std::size_t n = 0; n < PANEL; ++n) {
            float sum = 0;
            for (std::size_t k = 0; k < depth; ++k) sum = std::fma(x[r * stride + k], panel[k * PANEL + n], sum);
            out[r * PANEL + n] = sum;
        }
}

}  // namespace ahc
