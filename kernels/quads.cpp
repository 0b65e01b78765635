// How much quadrilaterals overlap, pair by pair.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "bindings.hpp"
#include "parallel.hpp"
#include "quads.hpp"

namespace nb = nanobind;

namespace {

template <typename Value, std::size_t Dimensions>
using Array = nb::ndarray<Value, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t NUMBERS = 2 * ahc::QUAD_CORNERS;
constexpr std::size_t PAIRS_PER_PIECE = 4096;

void require(bool held, const char *what) {
    if (!held) throw std::invalid_argument(what);
}

void require_quads(const Array<const double, 2> &quads) {
    require(quads.shape(1) == NUMBERS, "eight numbers of each quadrilateral");
    for (std::size_t i = 0; i < quads.size(); ++i) require(std::isfinite(quads.data()[i]), "finite corners");
}

void require_rows(const Array<const std::int64_t, 1> &rows, std::size_t limit) {
    for (std::size_t i = 0; i < rows.size(); ++i)
        require(rows.data()[i] >= 0 && static_cast<std::size_t>(rows.data()[i]) < limit, "rows of the quadrilaterals");
}

void quad_overlaps(Array<const double, 2> first, Array<const double, 2> second, Array<const std::int64_t, 1> of_first,
                   Array<const std::int64_t, 1> of_second, std::size_t threads, Array<double, 1> overlaps) {
    nb::gil_scoped_release unlocked;
    require_quads(first);
    require_quads(second);
    require_rows(of_first, first.shape(0));
    require_rows(of_second, second.shape(0));
    const std::size_t pairs = overlaps.size();
    require(of_first.size() == pairs && of_second.size() == pairs, "two rows of each pair");
    ahc::for_each_piece((pairs + PAIRS_PER_PIECE - 1) / PAIRS_PER_PIECE, threads, [&](std::size_t piece) {
        const std::size_t end = std::min(pairs, (piece + 1) * PAIRS_PER_PIECE);
        for (std::size_t i = piece * PAIRS_PER_PIECE; i < end; ++i)
            overlaps.data()[i] = ahc::quad_overlap(first.data() + NUMBERS * of_first.data()[i],
                                                   second.data() + NUMBERS * of_second.data()[i]);
    });
}

}  // namespace

void bind_quads(nb::module_ &m) {
    m.def("quad_overlaps", &quad_overlaps, nb::arg("first"), nb::arg("second"), nb::arg("of_first"),
          nb::arg("of_second"), nb::arg("threads"), nb::arg("overlaps"),
          "Writes the intersection over union of each pair; see quads.hpp.");
}
