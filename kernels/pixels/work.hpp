// What the loops over several scales are given.

#pragma once

#include "frames.hpp"

namespace ahc {

constexpr std::size_t BAND_ROWS = 32;  // rows of results of one task

// The planes of a group of frames, and their pyramids. Of a plane, `pyramid` holds two planes of `plane_floats` each:
// SSIM's sum and difference, or VIF's reference and what the distorted adds to it. Scale 0 is the frames themselves.
struct ScaleWork {
    FramePair pair;
    const Level *levels;
    std::size_t level_count;
    float *pyramid;
    std::size_t plane_floats;

    float *coarse(std::size_t plane, std::size_t side, std::size_t level) const {
        return pyramid + (2 * plane + side) * plane_floats + levels[level].offset;
    }
};

// taps: half of the window and its middle. c1, c2: the stabilising constants.
struct SsimConstants {
    const float *taps;
    float c1, c2;
};

// taps: of each scale's window, half and its middle, one after the other. luma: weights of R, G and B.
struct VifConstants {
    const float *taps;
    const float *luma;
    float noise, epsilon, rounding;
};

constexpr std::size_t DIFFERENCE_KINDS = 3;

// Two times [P, H, W] of float32, contiguous.
struct PlanePair {
    const float *x, *y;
    std::size_t height, width;
};

// mix: what each of three cones takes of R, G and B. bias: added before their cube root, bias_root taken off behind it.
// x_scale: of the plane X. offsets: of X, Y and B less Y.
struct OpsinConstants {
    float mix[9], bias, bias_root, x_scale, offsets[3];
};

// Pictures [N, 3, H, W], their motion of that shape, and what is made of them. pyramid: [N, 3, pyramid_floats], level l
// of a plane from starts[l] on. All contiguous.
struct WarpWork {
    const float *picture, *pyramid, *motion;
    float *out;
    const std::int64_t *starts;
    std::size_t levels, pyramid_floats, height, width;
};

}  // namespace ahc
