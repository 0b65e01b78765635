// Soft edge maps against annotators' boundaries: grow, suppress, thin, match, count.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "bindings.hpp"
#include "edge_grow.hpp"
#include "edge_levels.hpp"
#include "edge_match.hpp"
#include "edge_near.hpp"
#include "edge_nms.hpp"
#include "parallel.hpp"
#include "thin.hpp"

namespace nb = nanobind;

namespace {

template <typename Value, std::size_t Dimensions>
using Array = nb::ndarray<Value, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;

ahc::PaddedMap padded(const std::uint8_t *map, std::size_t height, std::size_t width) {
    ahc::PaddedMap result(height, width);
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) result.pixels[result.at(y, x)] = map[y * width + x] != 0;
    return result;
}

void thin(Array<std::uint8_t, 2> map) {
    nb::gil_scoped_release unlocked;
    const std::size_t height = map.shape(0), width = map.shape(1);
    ahc::PaddedMap inside = padded(map.data(), height, width);
    ahc::Thinning(inside).run();
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) map.data()[y * width + x] = inside.pixels[inside.at(y, x)];
}

void suppress(Array<float, 2> map, int smoothing, int reach, float grace, std::size_t border) {
    if (map.shape(0) == 0 || map.shape(1) == 0) throw std::invalid_argument("a map of at least one pixel");
    nb::gil_scoped_release unlocked;
    ahc::SoftMap soft(map.shape(0), map.shape(1));
    std::copy_n(map.data(), soft.values.size(), soft.values.begin());
    soft = ahc::suppressed(soft, {smoothing, reach, grace, border});
    std::copy(soft.values.begin(), soft.values.end(), map.data());
}

void match(Array<const std::uint8_t, 2> found, Array<const std::uint8_t, 2> truth, double radius, std::size_t kept,
           Array<std::int32_t, 1> partners) {
    const std::size_t height = truth.shape(0), width = truth.shape(1);
    if (found.shape(0) != height || found.shape(1) != width) throw std::invalid_argument("two maps of one size");
    nb::gil_scoped_release unlocked;
    const ahc::NumberedPixels pixels(found.data(), height, width), numbered(truth.data(), height, width);
    if (partners.size() != static_cast<std::size_t>(pixels.size()))
        throw std::invalid_argument("one partner per found pixel");
    const ahc::Disc disc(radius);
    const ahc::Neighbours near(pixels, numbered, disc, kept);
    std::vector<std::int32_t> all(pixels.size());
    std::iota(all.begin(), all.end(), 0);
    const ahc::Matching matching(all, near);
    std::copy(matching.partner().begin(), matching.partner().end(), partners.data());
}

// One row of counts: annotators' pixels matched and all, found pixels matched by any annotator and all.
std::array<std::int64_t, 4> count_at(const std::vector<std::int32_t> &found,
                                     const std::vector<std::unique_ptr<ahc::Neighbours>> &annotators) {
    std::array<std::int64_t, 4> counts{};
    std::vector<std::uint8_t> matched(found.size(), 0);
    for (const auto &near : annotators) {
        const ahc::Matching matching(found, *near);
        for (std::size_t i = 0; i < found.size(); ++i)
            matched[i] |= matching.partner()[found[i]] != ahc::Matching::NONE;
        counts[0] += matching.size();
        counts[1] += near->to().size();
    }
    for (std::uint8_t hit : matched) counts[2] += hit;
    counts[3] = static_cast<std::int64_t>(found.size());
    return counts;
}

void count(Array<const double, 2> map, Array<const std::uint8_t, 3> annotators, Array<const double, 1> thresholds,
           double radius, std::size_t kept, std::size_t threads, Array<std::int64_t, 2> counts) {
    const std::size_t height = map.shape(0), width = map.shape(1), people = annotators.shape(0);
    if (annotators.shape(1) != height || annotators.shape(2) != width)
        throw std::invalid_argument("annotators' maps of the found map's size");
    if (counts.shape(0) != thresholds.size() || counts.shape(1) != 4)
        throw std::invalid_argument("four counts per threshold");
    nb::gil_scoped_release unlocked;
    const ahc::Levels levels(map.data(), height, width, thresholds.data(), thresholds.size(), threads);
    const std::vector<std::uint8_t> any = levels.any();
    const ahc::NumberedPixels found(any.data(), height, width);
    const ahc::Disc disc(radius);
    std::vector<ahc::NumberedPixels> truths;
    for (std::size_t i = 0; i < people; ++i) truths.emplace_back(annotators.data() + i * height * width, height, width);
    std::vector<std::unique_ptr<ahc::Neighbours>> near(people);
    ahc::for_each_piece(people, threads, [&](std::size_t i) {
        near[i] = std::make_unique<ahc::Neighbours>(found, truths[i], disc, kept / people);
    });
    std::vector<std::array<std::int64_t, 4>> rows(levels.size());
    ahc::for_each_piece(levels.size(), threads, [&](std::size_t n) { rows[n] = count_at(levels.edges(n, any), near); });
    for (std::size_t k = 0; k < thresholds.size(); ++k)
        std::copy_n(rows[levels.of(k)].begin(), 4, counts.data() + 4 * k);
}

void grow(Array<float, 3> seeds, Array<const float, 3> masks, std::size_t threads) {
    const std::size_t height = seeds.shape(1), width = seeds.shape(2);
    if (masks.shape(0) != seeds.shape(0) || masks.shape(1) != height || masks.shape(2) != width)
        throw std::invalid_argument("one mask per seed, of its size");
    nb::gil_scoped_release unlocked;
    ahc::for_each_piece(seeds.shape(0), threads, [&](std::size_t i) {
        const std::size_t start = i * height * width;
        ahc::Growth(seeds.data() + start, masks.data() + start, static_cast<std::ptrdiff_t>(height),
                    static_cast<std::ptrdiff_t>(width))
            .run();
    });
}

}  // namespace

void bind_edges(nb::module_ &m) {
    m.def("thin_edges", &thin, nb::arg("map"), "Thins uint8 [H, W] in place, until nothing changes.");
    m.def("suppress_edges", &suppress, nb::arg("map"), nb::arg("smoothing"), nb::arg("reach"), nb::arg("grace"),
          nb::arg("border"),
          "Non-maximum suppression of float32 [H, W] in place; see edge_nms.hpp.");
    m.def("match_edges", &match, nb::arg("found"), nb::arg("truth"), nb::arg("radius"), nb::arg("kept"),
          nb::arg("partners"),
          "For each pixel that is on in found (uint8 [H, W]), in raster order, writes which pixel of truth it is paired\n"
          "with, counted in raster order, or -1. kept: neighbours held in lists at most.");
    m.def("count_edges", &count, nb::arg("map"), nb::arg("annotators"), nb::arg("thresholds"), nb::arg("radius"),
          nb::arg("kept"), nb::arg("threads"), nb::arg("counts"),
          "Binarises float64 [H, W] at >= each threshold, thins, matches to uint8 [A, H, W]; writes int64 [K, 4]: true\n"
          "pixels matched and all, summed over annotators; found pixels matched by any annotator, and all.\n"
          "kept: neighbours held in lists at most.");
    m.def("grow_edges", &grow, nb::arg("seeds"), nb::arg("masks"), nb::arg("threads"),
          "Grey reconstruction of float32 [N, H, W] in place; see edge_grow.hpp.");
}
