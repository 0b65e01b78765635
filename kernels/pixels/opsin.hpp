// From bytes to linear light, and from linear light to the planes X, Y and B of XYB.

#pragma once

#include "rows.hpp"
#include "work.hpp"

namespace ahc::AHC_VARIANT {

// The cube root of positive numbers, within two units of float32's last place. The first guess divides the exponent by
// three; each of Halley's steps triples the digits, from one and a half.
inline Vector cube_root(Vector number) {
    const Vector third = __builtin_convertvector(__builtin_bit_cast(Integers, number), Vector) * all(1.0f / 3);
    Vector root = __builtin_bit_cast(Vector, __builtin_convertvector(third, Integers) + 709921077);
    for (int step = 0; step < 2; ++step) {
        const Vector cube = root * root * root;
        root = root * fused(all(2), number, cube) / fused(all(2), cube, number);
    }
    return root;
}

// Pixels first..last of the planes of one picture: `linear` and `out` are the picture's [3, pixels].
inline void opsin(const float *linear, const OpsinConstants &constants, std::size_t pixels, std::size_t first,
                  std::size_t last, float *out) {
    float buffer[3][WIDTH];
    for (std::size_t at = first; at < last; at += WIDTH) {
        const std::size_t count = least(WIDTH, last - at);
        Vector colours[3], cones[3];
        for (std::size_t channel = 0; channel < 3; ++channel) {
            const float *from = linear + channel * pixels + at;
            if (count < WIDTH) {
                for (std::size_t i = 0; i < WIDTH; ++i) buffer[channel][i] = i < count ? from[i] : 0;
                from = buffer[channel];
            }
            colours[channel] = load(from);
        }
        for (std::size_t cone = 0; cone < 3; ++cone) {
            Vector mixed = all(constants.bias);
            for (std::size_t channel = 0; channel < 3; ++channel)
                mixed = fused(all(constants.mix[3 * cone + channel]), colours[channel], mixed);
            const Vector root = mixed > 0 ? cube_root(mixed) : mixed < 0 ? all(0) : mixed;  // a NaN stays one
            cones[cone] = root - all(constants.bias_root);
        }
        const Vector luma = (cones[0] + cones[1]) * all(0.5f);
        const Vector planes[3] = {fused(all(constants.x_scale * 0.5f), cones[0] - cones[1], all(constants.offsets[0])),
                                  luma + all(constants.offsets[1]), (cones[2] - luma) + all(constants.offsets[2])};
        for (std::size_t plane = 0; plane < 3; ++plane) {
            float *to = out + plane * pixels + at;
            if (count == WIDTH) {
                store(to, planes[plane]);
                continue;
            }
            store(buffer[plane], planes[plane]);
            for (std::size_t i = 0; i < count; ++i) to[i] = buffer[plane][i];
        }
    }
}

}  // namespace ahc::AHC_VARIANT
