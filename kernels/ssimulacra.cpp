// Sums of SSIMULACRA 2 over pairs of planes. The loops are in pixels/, here is what they run over.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstddef>
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

}  // namespace

void bind_ssimulacra(nb::module_ &m) {
    m.def("difference_sums", &difference_sums, "x"_a, "y"_a, "taps"_a.noconvert(), "c2"_a, "sums"_a.noconvert(),
          "threads"_a = 1, "variant"_a = 0);
}
