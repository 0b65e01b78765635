// Sums over the pixels of pairs of frames: errors, SSIM, VIF. The loops are in pixels/, here is what they run over.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "bindings.hpp"
#include "pixels/scales.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Pixels = nb::ndarray<nb::ro, nb::ndim<4>, nb::device::cpu>;
using Taps = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <std::size_t DIMENSIONS>
using Results = nb::ndarray<double, nb::ndim<DIMENSIONS>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t ERROR_ROWS = 64;                  // of one sum
constexpr std::size_t ERRORS_WORTH_A_THREAD = 1 << 23;  // pixels: some five times as long as a thread takes to start
constexpr std::size_t SSIM_TAPS = 6, VIF_TAPS = 9 + 5 + 3 + 2, PRODUCTS = 6;

ahc::Frames frames_of(const Pixels &pixels) {
    const bool bytes = pixels.dtype() == nb::dtype<std::uint8_t>();
    if (!bytes && pixels.dtype() != nb::dtype<float>()) throw std::invalid_argument("frames of uint8 or float32");
    return {pixels.data(), bytes, pixels.stride(0), pixels.stride(1), pixels.stride(2), pixels.stride(3)};
}

ahc::FramePair pair_of(const Pixels &x, const Pixels &y) {
    for (std::size_t i = 0; i < 4; ++i)
        if (x.shape(i) != y.shape(i) || x.shape(i) == 0) throw std::invalid_argument("frames of one shape, not empty");
    const ahc::FramePair pair{frames_of(x), frames_of(y), x.shape(0), x.shape(1), x.shape(2), x.shape(3)};
    if (pair.x.bytes != pair.y.bytes) throw std::invalid_argument("frames of one type");
    return pair;
}

// Where the channels of bytes lie last in both, as decoders write them: one plane of rows so many times as long. Sums
// of bytes are exact in any order.
ahc::FramePair with_long_rows(ahc::FramePair pair) {
    const auto channels = static_cast<std::ptrdiff_t>(pair.channels);
    for (const ahc::Frames &frames : {pair.x, pair.y})
        if (!frames.bytes || frames.channel != 1 || frames.column != channels) return pair;
    pair.x.column = pair.y.column = 1;
    pair.width *= pair.channels, pair.channels = 1;
    return pair;
}

// means[N, COUNT]: sums that of_rows(piece, rows first..last, sums) gives for each band of each plane, over `pixels`.
template <std::size_t COUNT, typename OfRows>
void mean_of_rows(std::size_t frames, std::size_t planes, std::size_t height, std::size_t pixels, std::size_t threads,
                  const OfRows &of_rows, double *means) {
    const std::size_t bands = ahc::pieces_of(height, ERROR_ROWS), pieces = planes * bands;
    std::vector<double> sums(pieces * COUNT);
    ahc::for_each_piece(pieces, ahc::useful_threads(threads, frames * pixels, ERRORS_WORTH_A_THREAD),
                        [&](std::size_t i) {
                            const std::size_t first = i % bands * ERROR_ROWS;
                            of_rows(i / bands, first, std::min(height, first + ERROR_ROWS), &sums[COUNT * i]);
                        });
    std::fill_n(means, frames * COUNT, 0.0);
    for (std::size_t i = 0; i < sums.size(); ++i) means[i / (pieces / frames * COUNT) * COUNT + i % COUNT] += sums[i];
    for (std::size_t i = 0; i < frames * COUNT; ++i) means[i] /= static_cast<double>(pixels);
}

void frame_errors(Pixels x, Pixels y, Results<2> means, std::size_t threads, std::size_t variant) {
    const ahc::FramePair pair = with_long_rows(pair_of(x, y));
    const ahc::PixelLoops &loops = ahc::loops_of(variant);
    if (means.shape(0) != pair.count || means.shape(1) != 2) throw std::invalid_argument("means of [N, 2]");
    nb::gil_scoped_release unlocked;
    mean_of_rows<2>(
        pair.count, pair.count * pair.channels, pair.height, pair.channels * pair.height * pair.width, threads,
        [&](std::size_t plane, std::size_t first, std::size_t last, double *sums) {
            loops.errors(pair, plane / pair.channels, plane % pair.channels, first, last, sums);
        },
        means.data());
}

void channel_products(Pixels x, Pixels y, Results<2> means, std::size_t threads, std::size_t variant) {
    const ahc::FramePair pair = pair_of(x, y);
    const ahc::PixelLoops &loops = ahc::loops_of(variant);
    if (pair.channels != 3) throw std::invalid_argument("frames of three channels");
    if (means.shape(0) != pair.count || means.shape(1) != PRODUCTS) throw std::invalid_argument("means of [N, 6]");
    nb::gil_scoped_release unlocked;
    mean_of_rows<PRODUCTS>(
        pair.count, pair.count, pair.height, pair.height * pair.width, threads,
        [&](std::size_t frame, std::size_t first, std::size_t last, double *sums) {
            loops.products(pair, frame, first, last, sums);
        },
        means.data());
}

void ssim_means(Pixels x, Pixels y, Taps taps, float c1, float c2, Results<4> means, std::size_t most_floats,
                std::size_t threads, std::size_t variant) {
    const ahc::FramePair pair = pair_of(x, y);
    const ahc::PixelLoops &loops = ahc::loops_of(variant);
    const std::size_t scales = means.shape(1), channels = pair.channels;
    if (means.shape(0) != pair.count || means.shape(2) != channels || means.shape(3) != 2)
        throw std::invalid_argument("means of [N, scales, C, 2]");
    if (taps.size() != SSIM_TAPS) throw std::invalid_argument("six taps of a window of 11");
    nb::gil_scoped_release unlocked;
    std::fill_n(means.data(), means.size(), std::numeric_limits<double>::quiet_NaN());
    const std::vector<ahc::Level> levels = ahc::ssim_levels(pair.height, pair.width, scales);
    if (levels.empty()) return;
    const ahc::SsimConstants constants{taps.data(), c1, c2};
    const std::vector<double> sums = ahc::sums_over_scales(
        pair, channels, levels, most_floats, threads, [](std::size_t) { return ahc::SSIM_REACH; },
        [&](const ahc::ScaleWork &work, std::size_t plane, std::size_t level, std::size_t band, double *out) {
            loops.ssim_band(work, constants, plane, level, band, out);
        });
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const std::size_t plane = i / 2 / levels.size(), level = i / 2 % levels.size();
        const std::size_t results = (levels[level].height - ahc::SSIM_REACH) * (levels[level].width - ahc::SSIM_REACH);
        const std::size_t row = (plane / channels * scales + level) * channels + plane % channels;
        means.data()[2 * row + i % 2] = sums[i] / static_cast<double>(results);
    }
}

void vif_bits(Pixels x, Pixels y, Taps taps, Taps luma, float noise, float epsilon, float rounding, Results<3> bits,
              std::size_t most_floats, std::size_t threads, std::size_t variant) {
    const ahc::FramePair pair = pair_of(x, y);
    const ahc::PixelLoops &loops = ahc::loops_of(variant);
    if (pair.channels != 3 || luma.size() != 3) throw std::invalid_argument("frames and luma of three channels");
    if (bits.shape(0) != pair.count || bits.shape(1) != ahc::VIF_SCALES || bits.shape(2) != 2)
        throw std::invalid_argument("bits of [N, 4, 2]");
    if (taps.size() != VIF_TAPS) throw std::invalid_argument("the taps of windows of 17, 9, 5 and 3");
    nb::gil_scoped_release unlocked;
    std::fill_n(bits.data(), bits.size(), std::numeric_limits<double>::quiet_NaN());
    if (std::min(pair.height, pair.width) < ahc::VIF_LEAST) return;
    const ahc::VifConstants constants{taps.data(), luma.data(), noise, epsilon, rounding};
    const std::vector<double> sums = ahc::sums_over_scales(
        pair, 1, ahc::vif_levels(pair.height, pair.width), most_floats, threads,
        [](std::size_t level) { return ahc::VIF_SIZES[level] - 1; },
        [&](const ahc::ScaleWork &work, std::size_t plane, std::size_t level, std::size_t band, double *out) {
            loops.vif_band(work, constants, plane, level, band, out);
        });
    std::copy(sums.begin(), sums.end(), bits.data());
}

}  // namespace

void bind_metrics(nb::module_ &m) {
    m.def(
        "pixel_variants",
        [] {
            nb::list names;
            for (const ahc::PixelLoops *loops : ahc::loops_here()) names.append(loops->name);
            return names;
        },
        "The instruction sets that this machine can run the loops over pixels with, fastest first.");
    m.def("frame_errors", &frame_errors, "x"_a, "y"_a, "means"_a.noconvert(), "threads"_a = 1, "variant"_a = 0);
    m.def("channel_products", &channel_products, "x"_a, "y"_a, "means"_a.noconvert(), "threads"_a = 1, "variant"_a = 0);
    m.def("ssim_means", &ssim_means, "x"_a, "y"_a, "taps"_a.noconvert(), "c1"_a, "c2"_a, "means"_a.noconvert(),
          "most_floats"_a, "threads"_a = 1, "variant"_a = 0);
    m.def("vif_bits", &vif_bits, "x"_a, "y"_a, "taps"_a.noconvert(), "luma"_a.noconvert(), "noise"_a, "epsilon"_a,
          "rounding"_a, "bits"_a.noconvert(), "most_floats"_a, "threads"_a = 1, "variant"_a = 0);
}
