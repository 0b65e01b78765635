// Found boxes against true ones: COCO's matching, and average precision under many weights.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "bindings.hpp"
#include "box_match.hpp"
#include "parallel.hpp"
#include "precision_curves.hpp"

namespace nb = nanobind;

namespace {

template <typename Value, std::size_t Dimensions>
using Array = nb::ndarray<Value, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t BITS = 64;
constexpr std::size_t GROUPS_PER_PIECE = 512;

void require(bool held, const char *what) {
    if (!held) throw std::invalid_argument(what);
}

// Rising from 0 to the number of rows that they divide.
void require_starts(const Array<const std::int64_t, 1> &starts, std::size_t rows) {
    require(starts.size() > 0 && starts.data()[0] == 0, "starts from 0 on");
    for (std::size_t i = 1; i < starts.size(); ++i)
        require(starts.data()[i] >= starts.data()[i - 1], "starts that do not fall");
    require(static_cast<std::size_t>(starts.data()[starts.size() - 1]) == rows, "starts that end at the last row");
}

void require_below(const Array<const std::int64_t, 1> &numbers, std::size_t limit, const char *what) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
        require(numbers.data()[i] >= 0 && static_cast<std::size_t>(numbers.data()[i]) < limit, what);
}

void match(Array<const std::int64_t, 1> found_starts, Array<const std::int64_t, 1> true_starts,
           Array<const double, 1> overlaps, Array<const std::uint8_t, 1> crowd,
           Array<const std::uint8_t, 2> true_outside, Array<const std::uint8_t, 2> found_outside,
           Array<const double, 1> thresholds, std::size_t threads, Array<std::uint64_t, 1> hits,
           Array<std::uint64_t, 1> ignored) {
    nb::gil_scoped_release unlocked;
    const std::size_t areas = true_outside.shape(0), steps = thresholds.size();
    require(steps > 0 && areas * steps < BITS, "1 to 63 thresholds over all areas");
    require(found_starts.size() == true_starts.size() && found_outside.shape(0) == areas, "as many groups and areas");
    require_starts(found_starts, hits.size());
    require_starts(true_starts, crowd.size());
    require(true_outside.shape(1) == crowd.size() && found_outside.shape(1) == hits.size() &&
                ignored.size() == hits.size(),
            "one flag per box");
    const std::size_t groups = found_starts.size() - 1;
    std::vector<std::size_t> first(groups + 1, 0);
    for (std::size_t g = 0; g < groups; ++g) {
        const auto found = found_starts.data()[g + 1] - found_starts.data()[g];
        first[g + 1] = first[g] + static_cast<std::size_t>(found * (true_starts.data()[g + 1] - true_starts.data()[g]));
    }
    require(first[groups] == overlaps.size(), "an overlap per pair of boxes in a group");
    const ahc::BoxGroups boxes{.groups = groups,
                               .areas = areas,
                               .steps = steps,
                               .found_starts = found_starts.data(),
                               .true_starts = true_starts.data(),
                               .overlaps = overlaps.data(),
                               .crowd = crowd.data(),
                               .true_outside = true_outside.data(),
                               .found_outside = found_outside.data(),
                               .thresholds = thresholds.data()};
    const std::size_t pieces = (groups + GROUPS_PER_PIECE - 1) / GROUPS_PER_PIECE;
    ahc::for_each_piece(pieces, threads, [&](std::size_t piece) {
        const std::size_t end = std::min(groups, (piece + 1) * GROUPS_PER_PIECE);
        for (std::size_t g = piece * GROUPS_PER_PIECE; g < end; ++g)
            ahc::GroupMatching(boxes, g, overlaps.data() + first[g]).run(hits.data(), ignored.data());
    });
}

class PrecisionCurves {
  public:
    PrecisionCurves(Array<const std::int64_t, 1> starts, Array<const std::int64_t, 1> image,
                    Array<const std::uint64_t, 1> hits, Array<const std::uint64_t, 1> ignored,
                    Array<const std::int64_t, 1> label_class, Array<const std::int64_t, 1> label_image,
                    Array<const std::int32_t, 2> labels, std::size_t thresholds, std::size_t images)
        : areas_(labels.shape(1)), thresholds_(thresholds), images_(images) {
        nb::gil_scoped_release unlocked;
        require(thresholds > 0 && areas_ * thresholds < BITS, "1 to 63 thresholds over all areas");
        require_starts(starts, image.size());
        require(hits.size() == image.size() && ignored.size() == image.size(), "bits of each box");
        require(label_class.size() == labels.shape(0) && label_image.size() == labels.shape(0), "a class of each label");
        classes_ = starts.size() - 1;
        require(images <= std::numeric_limits<std::uint32_t>::max(), "fewer than 2^32 images");
        require_below(image, images, "boxes of the images");
        require_below(label_image, images, "labels of the images");
        require_below(label_class, classes_, "labels of the classes");
        for (std::size_t c = 0; c < classes_; ++c) {
            const std::size_t first = static_cast<std::size_t>(starts.data()[c]);
            const std::size_t boxes = static_cast<std::size_t>(starts.data()[c + 1]) - first;
            for (std::size_t area = 0; area < areas_; ++area)
                curves_.push_back(ahc::area_curves(image.data() + first, hits.data() + first, ignored.data() + first,
                                                   boxes, area, thresholds));
        }
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const std::size_t row = i / areas_, c = static_cast<std::size_t>(label_class.data()[row]);
            const auto label = static_cast<std::uint32_t>(label_image.data()[row]);
            if (labels.data()[i]) curves_[c * areas_ + i % areas_].labels.emplace_back(label, labels.data()[i]);
        }
    }

    void measure(Array<const double, 2> weights, Array<const double, 1> recalls, std::size_t threads,
                 Array<double, 4> precision, Array<double, 4> recall) const {
        nb::gil_scoped_release unlocked;
        const std::size_t draws = weights.shape(0), size = curves_.size() * thresholds_;
        require(weights.shape(1) == images_, "a weight per image");
        require(recalls.size() != 1, "two recalls at least, or none");
        require(precision.size() == draws * size && recall.size() == draws * size, "[draws, classes, areas, thresholds]");
        ahc::for_each_piece((draws + ahc::LANES - 1) / ahc::LANES, threads, [&](std::size_t piece) {
            const std::size_t first = piece * ahc::LANES, lanes = std::min(ahc::LANES, draws - first);
            const std::vector<ahc::Lanes> of_images = transposed(weights.data() + first * images_, lanes);
            ahc::LaneMeasure measure(of_images, recalls.data(), recalls.size());
            std::vector<ahc::Lanes> kept, reached;
            for (std::size_t curve = 0; curve < curves_.size(); ++curve) {
                measure.run(curves_[curve], kept, reached);
                for (std::size_t l = 0; l < lanes; ++l)
                    for (std::size_t t = 0; t < thresholds_; ++t) {
                        const std::size_t at = (first + l) * size + curve * thresholds_ + t;
                        precision.data()[at] = kept[t][l];
                        recall.data()[at] = reached[t][l];
                    }
            }
        });
    }

  private:
    // Of each image its weight in each lane; 0 in lanes that are not used.
    std::vector<ahc::Lanes> transposed(const double *weights, std::size_t lanes) const {
        std::vector<ahc::Lanes> of_images(images_, ahc::Lanes{});
        for (std::size_t l = 0; l < lanes; ++l)
            for (std::size_t i = 0; i < images_; ++i) of_images[i][l] = weights[l * images_ + i];
        return of_images;
    }

    std::size_t areas_, thresholds_, images_, classes_ = 0;
    std::vector<ahc::AreaCurves> curves_;  // [classes, areas]
};

}  // namespace

void bind_detection_scores(nb::module_ &m) {
    m.def("match_boxes", &match, nb::arg("found_starts"), nb::arg("true_starts"), nb::arg("overlaps"), nb::arg("crowd"),
          nb::arg("true_outside"), nb::arg("found_outside"), nb::arg("thresholds"), nb::arg("threads"), nb::arg("hits"),
          nb::arg("ignored"), "Sets bits of uint64 [found boxes], which are 0; see box_match.hpp.");
    nb::class_<PrecisionCurves>(m, "PrecisionCurves", "Curves of ranked boxes; see precision_curves.hpp.")
        .def(nb::init<Array<const std::int64_t, 1>, Array<const std::int64_t, 1>, Array<const std::uint64_t, 1>,
                      Array<const std::uint64_t, 1>, Array<const std::int64_t, 1>, Array<const std::int64_t, 1>,
                      Array<const std::int32_t, 2>, std::size_t, std::size_t>(),
             nb::arg("starts"), nb::arg("image"), nb::arg("hits"), nb::arg("ignored"), nb::arg("label_class"),
             nb::arg("label_image"), nb::arg("labels"), nb::arg("thresholds"), nb::arg("images"))
        .def("measure", &PrecisionCurves::measure, nb::arg("weights"), nb::arg("recalls"), nb::arg("threads"),
             nb::arg("precision"), nb::arg("recall"),
             "Writes mean precision and last recall, float64 [draws, classes, areas, thresholds] both.");
}
