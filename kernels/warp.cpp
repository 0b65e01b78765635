// The scale-space warp of learned video: blurred pyramids, and samples of them.

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

template <typename Value, std::size_t DIMENSIONS>
using Array = nb::ndarray<Value, nb::ndim<DIMENSIONS>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t ROWS = 16, TAPS = 6, MARGIN = 5;   // rows of one piece; half a window, and what it reaches
constexpr std::size_t BLURS_WORTH_A_THREAD = 1 << 17;    // pixels: they take twice as long as a thread takes to start
constexpr std::size_t SAMPLES_WORTH_A_THREAD = 1 << 12;  // likewise

void blur_planes(Array<const float, 3> padded, Array<const float, 1> taps, Array<float, 3> out, std::size_t threads,
                 std::size_t variant) {
    const std::size_t planes = out.shape(0), height = out.shape(1), width = out.shape(2), pitch = width + 2 * MARGIN;
    if (padded.shape(0) != planes || padded.shape(1) != height + 2 * MARGIN || padded.shape(2) != pitch)
        throw std::invalid_argument("planes with a margin of five pixels on every side");
    if (taps.size() != TAPS) throw std::invalid_argument("six taps of a window of 11");
    const ahc::PixelLoops &loops = ahc::loops_of(variant);
    nb::gil_scoped_release unlocked;
    const std::size_t pieces = ahc::pieces_of(height, ROWS);
    const std::size_t useful = ahc::useful_threads(threads, planes * height * width, BLURS_WORTH_A_THREAD);
    ahc::for_each_piece(planes * pieces, useful, [&](std::size_t i) {
        const std::size_t plane = i / pieces, first = i % pieces * ROWS;
        std::vector<float> means(pitch);
        loops.blur(padded.data() + plane * (height + 2 * MARGIN) * pitch, width, first, std::min(height, first + ROWS),
                   taps.data(), means.data(), out.data() + plane * height * width);
    });
}

void warp_pictures(Array<const float, 4> pictures, Array<const float, 3> pyramid, Array<const std::int64_t, 1> starts,
                   Array<const float, 4> motion, Array<float, 4> out, std::size_t threads, std::size_t variant) {
    const std::size_t count = out.shape(0), height = out.shape(2), width = out.shape(3), levels = starts.size() - 1;
    for (std::size_t i = 0; i < 4; ++i)
        if (pictures.shape(i) != out.shape(i) || motion.shape(i) != out.shape(i))
            throw std::invalid_argument("pictures, motion and predictions of one shape");
    if (out.shape(1) != 3 || pyramid.shape(0) != count || pyramid.shape(1) != 3)
        throw std::invalid_argument("pictures and pyramids of three planes");
    if (starts.size() < 3 || ((height | width) >> (levels - 2) << (levels - 2)) != (height | width))
        throw std::invalid_argument("sides that halve down to the coarsest level");
    if (static_cast<std::size_t>(starts.data()[levels]) != pyramid.shape(2))
        throw std::invalid_argument("pyramids that end where the levels do");
    const ahc::PixelLoops &loops = ahc::loops_of(variant);
    nb::gil_scoped_release unlocked;
    const ahc::WarpWork work{pictures.data(), pyramid.data(),   motion.data(), out.data(), starts.data(),
                             levels,          pyramid.shape(2), height,        width};
    const std::size_t pieces = ahc::pieces_of(height, ROWS);
    const std::size_t useful = ahc::useful_threads(threads, count * height * width, SAMPLES_WORTH_A_THREAD);
    ahc::for_each_piece(count * pieces, useful, [&](std::size_t i) {
        const std::size_t first = i % pieces * ROWS;
        loops.warp(work, i / pieces, first, std::min(height, first + ROWS));
    });
}

}  // namespace

void bind_warp(nb::module_ &m) {
    m.def("blur_planes", &blur_planes, "padded"_a.noconvert(), "taps"_a.noconvert(), "out"_a.noconvert(),
          "threads"_a = 1, "variant"_a = 0);
    m.def("warp_pictures", &warp_pictures, "pictures"_a.noconvert(), "pyramid"_a.noconvert(), "starts"_a.noconvert(),
          "motion"_a.noconvert(), "out"_a.noconvert(), "threads"_a = 1, "variant"_a = 0);
}
