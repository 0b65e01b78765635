// Arithmetic whose bits are the same on every machine. Compiled once per instruction set, each in a namespace of its
// own.
//
// Vectors are as wide as the machine's. The width decides which numbers are computed at the same time and never in
// which order any are summed. A product and a sum are one fused operation where the code says so and nowhere else
// (-ffp-contract=off). No function of std is used here: it would be compiled for the last instruction set, and the
// first would share it.

#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace ahc::AHC_VARIANT {

#if defined(__AVX512F__)
constexpr std::size_t WIDTH = 16;
#elif defined(__AVX2__) && defined(__FMA__)
constexpr std::size_t WIDTH = 8;
#else
constexpr std::size_t WIDTH = 4;
#endif

typedef float Vector __attribute__((vector_size(WIDTH * sizeof(float))));
typedef std::int32_t Integers __attribute__((vector_size(WIDTH * sizeof(std::int32_t))));

constexpr std::size_t least(std::size_t a, std::size_t b) { return a < b ? a : b; }
constexpr std::size_t rounded_up(std::size_t count, std::size_t unit) { return (count + unit - 1) / unit * unit; }

// a * b + c, rounded once.
inline float fused(float a, float b, float c) {
#if defined(__FMA__) || defined(__aarch64__)
    return __builtin_fmaf(a, b, c);
#else
    // In float64 the product is exact. The sum is moved to the neighbour with an odd last bit where it is not, so that
    // what float32 rounds is on the same side of every midpoint as the exact sum (Boldo and Melquiond, 2008).
    const double product = static_cast<double>(a) * b, sum = product + c, added = sum - product;
    const double error = (product - (sum - added)) + (c - added);
    auto bits = __builtin_bit_cast(std::int64_t, sum);
    const bool inexact = error < 0 || error > 0;
    if (inexact && !(bits & 1)) bits += (error > 0) == (sum > 0) ? 1 : -1;
    return static_cast<float>(__builtin_bit_cast(double, bits));
#endif
}

inline Vector fused(Vector a, Vector b, Vector c) {
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__) && defined(__FMA__)
    return _mm256_fmadd_ps(a, b, c);
#elif defined(__aarch64__)
    return vfmaq_f32(c, a, b);
#else
    for (std::size_t i = 0; i < WIDTH; ++i) c[i] = fused(a[i], b[i], c[i]);
    return c;
#endif
}

// The number in every lane.
inline Vector all(float number) {
#if defined(__AVX512F__)
    return _mm512_set1_ps(number);
#elif defined(__AVX2__) && defined(__FMA__)
    return _mm256_set1_ps(number);
#else
    return Vector{number, number, number, number};
#endif
}

inline Vector load(const float *numbers) {
    Vector vector;
    __builtin_memcpy(&vector, numbers, sizeof vector);
    return vector;
}

inline Vector load(const std::uint8_t *bytes) {
#if defined(__AVX512F__)
    const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i *>(bytes));
    return __builtin_convertvector(Integers(_mm512_maskz_cvtepu8_epi32(0xFFFF, narrow)), Vector);
#elif defined(__AVX2__) && defined(__FMA__)
    const __m128i narrow = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(bytes));
    return __builtin_convertvector(Integers(_mm256_cvtepu8_epi32(narrow)), Vector);
#else
    Vector vector;
    for (std::size_t i = 0; i < WIDTH; ++i) vector[i] = bytes[i];
    return vector;
#endif
}

inline void store(float *numbers, Vector vector) { __builtin_memcpy(numbers, &vector, sizeof vector); }

inline Vector not_negative(Vector vector) { return vector < 0 ? all(0) : vector; }  // a NaN stays one

}  // namespace ahc::AHC_VARIANT
