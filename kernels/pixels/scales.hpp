// Results of windows over several scales of frames, on several threads.

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "../parallel.hpp"
#include "variants.hpp"

namespace ahc {

constexpr std::size_t SSIM_REACH = 10, VIF_SIZES[] = {17, 9, 5, 3}, VIF_SCALES = 4, VIF_LEAST = 41;
constexpr std::size_t RESULTS_WORTH_A_THREAD = 1 << 15;  // they take twice as long as a thread takes to start

// The scales that SSIM's window fits into, at most so many.
inline std::vector<Level> ssim_levels(std::size_t height, std::size_t width, std::size_t scales) {
    std::vector<Level> levels;
    for (std::size_t offset = 0; levels.size() < scales && std::min(height, width) > SSIM_REACH;) {
        levels.push_back({height, width, offset});
        if (levels.size() > 1) offset += height * width;
        height = (height + 1) / 2, width = (width + 1) / 2;
    }
    return levels;
}

inline std::vector<Level> vif_levels(std::size_t height, std::size_t width) {
    std::vector<Level> levels{{height, width, 0}};
    for (std::size_t scale = 1, offset = 0; scale < VIF_SCALES; ++scale) {
        height = (height - VIF_SIZES[scale] + 2) / 2, width = (width - VIF_SIZES[scale] + 2) / 2;
        levels.push_back({height, width, offset});
        offset += height * width;
    }
    return levels;
}

// Floats of one of the two pyramids of a plane, which hold all scales but the finest.
inline std::size_t coarse_floats(const std::vector<Level> &levels) {
    return levels.size() > 1 ? levels.back().offset + levels.back().height * levels.back().width : 0;
}

// Memory of the calling thread, uninitialised, that its next call gets again: fresh pages cost as much as the sums.
inline float *kept_floats(std::size_t count) {
    thread_local std::unique_ptr<float[]> memory;
    thread_local std::size_t size = 0;
    if (size < count) {
        memory.reset(new float[count]);
        size = count;
    }
    return memory.get();
}

// The frames of a pair from `first` on, `count` at most.
inline FramePair some_frames(FramePair pair, std::size_t first, std::size_t count) {
    for (Frames *frames : {&pair.x, &pair.y}) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(first) * frames->frame;
        frames->data = static_cast<const char *>(frames->data) + at * (frames->bytes ? 1 : 4);
    }
    pair.count = std::min(count, pair.count - first);
    return pair;
}

// One group of frames: results [planes, levels, 2], sums that of_band(work, plane, level, band, sums) gives for each
// band of rows, added up in the bands' order. A scale is begun when the one before it is done.
template <typename Reach, typename OfBand>
void sum_scales(const FramePair &pair, std::size_t planes, const std::vector<Level> &levels, std::size_t threads,
                const Reach &reach, const OfBand &of_band, double *results) {
    const std::size_t coarse = coarse_floats(levels);
    const ScaleWork work{pair, levels.data(), levels.size(), kept_floats(planes * 2 * coarse), coarse};
    for (std::size_t level = 0; level < levels.size(); ++level) {
        const std::size_t height = levels[level].height - reach(level), width = levels[level].width - reach(level);
        const std::size_t bands = pieces_of(height, BAND_ROWS);
        std::vector<double> sums(planes * bands * 2);
        for_each_piece(planes * bands, useful_threads(threads, planes * height * width, RESULTS_WORTH_A_THREAD),
                       [&](std::size_t i) { of_band(work, i / bands, level, i % bands, &sums[2 * i]); });
        for (std::size_t i = 0; i < sums.size(); ++i)
            results[(i / 2 / bands * levels.size() + level) * 2 + i % 2] += sums[i];
    }
}

// The same of all frames: results [N * planes_per_frame, levels, 2]. As many frames are taken at a time as have
// pyramids of `most_floats`.
template <typename Reach, typename OfBand>
std::vector<double> sums_over_scales(const FramePair &pair, std::size_t planes_per_frame,
                                     const std::vector<Level> &levels, std::size_t most_floats, std::size_t threads,
                                     const Reach &reach, const OfBand &of_band) {
    const std::size_t frame_floats = 2 * planes_per_frame * coarse_floats(levels);
    const std::size_t per_frame = planes_per_frame * levels.size() * 2;
    const std::size_t group = std::max<std::size_t>(1, most_floats / std::max<std::size_t>(1, frame_floats));
    std::vector<double> results(pair.count * per_frame);
    for (std::size_t first = 0; first < pair.count; first += group) {
        const FramePair frames = some_frames(pair, first, group);
        sum_scales(frames, frames.count * planes_per_frame, levels, threads, reach, of_band,
                   results.data() + first * per_frame);
    }
    return results;
}

}  // namespace ahc
