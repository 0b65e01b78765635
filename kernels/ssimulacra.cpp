// Sums of SSIMULACRA 2 over pairs of planes. The loops are in pixels/, here is what they run over.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "bindings.hpp"
#include "parallel.hpp"
#include "pixels/variants.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Planes = nb::ndarray<const float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using HalfTaps = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Sums = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

using Frames = nb::ndarray<const std::uint8_t, nb::ndim<4>, nb::device::cpu>;
using Linear = nb::ndarray<const float, nb::ndim<4>, nb::c_contig, nb::device::cpu>;
using Pictures = nb::ndarray<float, nb::ndim<4>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t LEVELS = 256, OPSIN_CONSTANTS = 15, OPSIN_PIXELS = 1 << 15;
constexpr std::size_t TAPS = 5, RESULTS = 2 * ahc::DIFFERENCE_KINDS;
constexpr std::size_t PIXELS_WORTH_A_THREAD = 1 << 14;

void difference_sums(Planes x, Planes y, HalfTaps taps, float c2, Sums sums, std::size_t threads, std::size_t variant) {
    for (std::size_t i = 0; i < 3; ++i)
        if (x.shape(i) != y.shape(i) || x.shape(i) == 0) throw std::invalid_argument("planes of one shape, not empty");
    if (taps.size() != TAPS) throw std::invalid_argument("five taps of a window of 9");
    if (sums.shape(0) != x.shape(0) || sums.shape(1) != RESULTS) throw std::invalid_argument("sums of [P, 6]");
    const ahc::PixelLoops &loops = ahc::loops_of(variant);
    const ahc::PlanePair planes{x.data(), y.data(), x.shape(1), x.shape(2)};
    const std::size_t count = x.shape(0), bands = ahc::pieces_of(planes.height, ahc::BAND_ROWS);
    const std::size_t pixels = count * planes.height * planes.width;
    const std::size_t useful = ahc::useful_threads(threads, pixels, PIXELS_WORTH_A_THREAD);
    nb::gil_scoped_release unlocked;
    std::vector<double> of_bands(count * bands * RESULTS);
    ahc::for_each_piece(count * bands, useful, [&](std::size_t i) {
        loops.difference_band(planes, taps.data(), c2, i / bands, i % bands, &of_bands[RESULTS * i]);
    });
    std::fill_n(sums.data(), sums.size(), 0.0);
    for (std::size_t i = 0; i < of_bands.size(); ++i)
        sums.data()[i / (bands * RESULTS) * RESULTS + i % RESULTS] += of_bands[i];
}

void linear_light(Frames frames, HalfTaps table, Pictures out, std::size_t threads) {
    for (std::size_t i = 0; i < 4; ++i)
        if (frames.shape(i) != out.shape(i)) throw std::invalid_argument("frames and results of one shape");
    if (table.size() != LEVELS) throw std::invalid_argument("a value for each byte");
    const std::size_t channels = frames.shape(1), height = frames.shape(2), width = frames.shape(3);
    const std::size_t rows = frames.shape(0) * channels * height;
    nb::gil_scoped_release unlocked;
    ahc::for_each_piece(rows, ahc::useful_threads(threads, rows * width, PIXELS_WORTH_A_THREAD), [&](std::size_t i) {
        const std::int64_t frame = static_cast<std::int64_t>(i / height / channels) * frames.stride(0);
        const std::int64_t channel = static_cast<std::int64_t>(i / height % channels) * frames.stride(1);
        const std::int64_t row = static_cast<std::int64_t>(i % height) * frames.stride(2), step = frames.stride(3);
        const std::uint8_t *from = frames.data() + frame + channel + row;
        float *to = out.data() + i * width;
        for (std::size_t column = 0; column < width; ++column)
            to[column] = table.data()[from[static_cast<std::int64_t>(column) * step]];
    });
}

void opsin_planes(Linear linear, HalfTaps constants, Pictures out, std::size_t threads, std::size_t variant) {
    for (std::size_t i = 0; i < 4; ++i)
        if (linear.shape(i) != out.shape(i)) throw std::invalid_argument("pictures and results of one shape");
    if (linear.shape(1) != 3) throw std::invalid_argument("pictures of three channels");
    if (constants.size() != OPSIN_CONSTANTS) throw std::invalid_argument("fifteen constants");
    const ahc::PixelLoops &loops = ahc::loops_of(variant);
    ahc::OpsinConstants held;
    std::copy_n(constants.data(), 9, held.mix), std::copy_n(constants.data() + 12, 3, held.offsets);
    held.bias = constants.data()[9], held.bias_root = constants.data()[10], held.x_scale = constants.data()[11];
    const std::size_t pixels = linear.shape(2) * linear.shape(3), parts = ahc::pieces_of(pixels, OPSIN_PIXELS);
    const std::size_t count = linear.shape(0) * parts;
    nb::gil_scoped_release unlocked;
    ahc::for_each_piece(count, ahc::useful_threads(threads, count * pixels, PIXELS_WORTH_A_THREAD), [&](std::size_t i) {
        const std::size_t picture = i / parts * 3 * pixels, first = i % parts * OPSIN_PIXELS;
        loops.opsin(linear.data() + picture, held, pixels, first, std::min(pixels, first + OPSIN_PIXELS),
                    out.data() + picture);
    });
}

}  // namespace

void bind_ssimulacra(nb::module_ &m) {
    m.def("linear_light", &linear_light, "frames"_a, "table"_a.noconvert(), "out"_a.noconvert(), "threads"_a = 1);
    m.def("opsin_planes", &opsin_planes, "linear"_a.noconvert(), "constants"_a.noconvert(), "out"_a.noconvert(),
          "threads"_a = 1, "variant"_a = 0);
    m.def("difference_sums", &difference_sums, "x"_a, "y"_a, "taps"_a.noconvert(), "c2"_a, "sums"_a.noconvert(),
          "threads"_a = 1, "variant"_a = 0);
}
