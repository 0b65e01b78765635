// The loops over pixels, once for each instruction set.

#pragma once

#include "work.hpp"

namespace ahc {

struct PixelLoops {
    const char *name;
    // (pair, frame, channel, rows first..last, sums[2])
    void (*errors)(const FramePair &, std::size_t, std::size_t, std::size_t, std::size_t, double *);
    // (pair, frame, rows first..last, sums[6])
    void (*products)(const FramePair &, std::size_t, std::size_t, std::size_t, double *);
    // (work, constants, plane, level, band, sums[2])
    void (*ssim_band)(const ScaleWork &, const SsimConstants &, std::size_t, std::size_t, std::size_t, double *);
    void (*vif_band)(const ScaleWork &, const VifConstants &, std::size_t, std::size_t, std::size_t, double *);
    // (padded plane, width, rows first..last, taps, memory for a padded row, out)
    void (*blur)(const float *, std::size_t, std::size_t, std::size_t, const float *, float *, float *);
    // (work, picture, rows first..last)
    void (*warp)(const WarpWork &, std::size_t, std::size_t, std::size_t);
    // (linear picture, constants, its pixels, pixels first..last, out)
    void (*opsin)(const float *, const OpsinConstants &, std::size_t, std::size_t, std::size_t, float *);
    // (planes, taps, stabilising constant, plane, band, sums[6])
    void (*difference_band)(const PlanePair &, const float *, float, std::size_t, std::size_t, double *);
};

namespace portable {
extern const PixelLoops loops;
}
#ifdef AHC_X86
namespace avx2 {
extern const PixelLoops loops;
}
namespace avx512 {
extern const PixelLoops loops;
}
#endif

}  // namespace ahc
