// Precision over recall of ranked boxes, for many weights of the images at once.
//
// A bootstrap asks for the same curves under a thousand weights. So LANES weights go through the boxes together, each a
// lane of vectors, and nothing depends on a lane but numbers. Most boxes are false at every threshold of an area, or
// count nowhere: a curve is a running sum over those that are *counted*, read at the few boxes where some curve of the
// area bends (*checkpoints*), and corrected by events: hits, and boxes that are false here and not counted, or the other
// way round.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace ahc {

constexpr std::size_t LANES = 8;
using Lanes = std::array<double, LANES>;

struct CurveEvent {
    std::uint32_t checkpoint;
    std::int8_t change;  // what the box adds to the counted false ones
    bool hit;
};

// One class at one area: its curves at all thresholds.
struct AreaCurves {
    std::vector<std::uint32_t> counted;                    // images of counted boxes, best score first
    std::vector<std::uint32_t> counted_until;              // per checkpoint: how many of them stand before or at it
    std::vector<std::uint32_t> image;                      // per checkpoint
    std::vector<std::vector<CurveEvent>> events;           // per threshold, in the order of scores
    std::vector<std::pair<std::uint32_t, double>> labels;  // image, boxes to find
};

// Boxes of one class, best score first. hits, ignored: bit `area * thresholds + threshold` of each, as box_match.hpp has
// them.
inline AreaCurves area_curves(const std::int64_t *image, const std::uint64_t *hits, const std::uint64_t *ignored,
                              std::size_t boxes, std::size_t area, std::size_t thresholds) {
    const std::uint64_t all = (std::uint64_t{1} << thresholds) - 1;
    AreaCurves curves;
    curves.events.resize(thresholds);
    for (std::size_t i = 0; i < boxes; ++i) {
        const std::uint64_t hit = hits[i] >> (area * thresholds) & all;
        const std::uint64_t passed = ignored[i] >> (area * thresholds) & all;
        const bool is_counted = !(passed >> (thresholds - 1));
        if (is_counted) curves.counted.push_back(static_cast<std::uint32_t>(image[i]));
        const std::uint64_t is_false = ~hit & ~passed & all;
        const std::uint64_t changes = is_false ^ (is_counted ? all : 0);
        if (!(hit | changes)) continue;
        for (std::size_t t = 0; t < thresholds; ++t) {
            const bool is_hit = hit >> t & 1, is_changed = changes >> t & 1;
            const std::int8_t change = is_changed ? (is_counted ? -1 : 1) : 0;
            if (is_hit || is_changed)
                curves.events[t].push_back({static_cast<std::uint32_t>(curves.image.size()), change, is_hit});
        }
        curves.image.push_back(static_cast<std::uint32_t>(image[i]));
        curves.counted_until.push_back(static_cast<std::uint32_t>(curves.counted.size()));
    }
    return curves;
}

// Measures curves under LANES weights. weights: of each image. recalls: rising, even from 0 to 1, `slots` of them; with
// no slots, precision is measured at all recalls there are.
class LaneMeasure {
  public:
    LaneMeasure(const std::vector<Lanes> &weights, const double *recalls, std::size_t slots)
        : weights_(weights), recalls_(recalls), best_(slots, Lanes{}) {}

    // Mean precision at the recalls, or the area below the curve, and the last recall at each threshold; NaN in lanes
    // without a box to find.
    void run(const AreaCurves &curves, std::vector<Lanes> &precision, std::vector<Lanes> &recall) {
        count_false(curves);
        labels_ = Lanes{};
        for (const auto &[image, boxes] : curves.labels)
            for (std::size_t l = 0; l < LANES; ++l) labels_[l] += weights_[image][l] * boxes;
        precision.resize(curves.events.size());
        recall.resize(curves.events.size());
        for (std::size_t t = 0; t < curves.events.size(); ++t) {
            recall[t] = follow(curves, curves.events[t]);
            precision[t] = best_.empty() ? area_below() : mean_precision(!curves.events[t].empty());
            for (std::size_t l = 0; l < LANES; ++l)
                if (!(labels_[l] > 0)) precision[t][l] = recall[t][l] = std::numeric_limits<double>::quiet_NaN();
        }
    }

  private:
    // false_: the counted boxes up to each checkpoint.
    void count_false(const AreaCurves &curves) {
        false_.resize(curves.image.size());
        Lanes sum{};
        std::size_t k = 0;
        for (std::size_t point = 0; point < false_.size(); ++point) {
            for (; k < curves.counted_until[point]; ++k) {
                const Lanes &weight = weights_[curves.counted[k]];
                for (std::size_t l = 0; l < LANES; ++l) sum[l] += weight[l];
            }
            false_[point] = sum;
        }
    }

    // Puts the precision after each hit where its recall is, and returns the last recall. A hit of weight 0 repeats the
    // recall of the one before at a precision no higher, and so moves nothing; as the first one its precision may be
    // 0 / 0, which is no more than what is there.
    Lanes follow(const AreaCurves &curves, const std::vector<CurveEvent> &events) {
        Lanes right{}, changed{}, reached{};
        for (const CurveEvent &event : events) {
            const Lanes &weight = weights_[curves.image[event.checkpoint]], &counted = false_[event.checkpoint];
            for (std::size_t l = 0; l < LANES; ++l) changed[l] += weight[l] * event.change;
            if (!event.hit) continue;
            Lanes kept;
            for (std::size_t l = 0; l < LANES; ++l) {
                right[l] += weight[l];
                reached[l] = labels_[l] > 0 ? right[l] / labels_[l] : 0.0;
                kept[l] = right[l] / (right[l] + counted[l] + changed[l]);
            }
            if (best_.empty()) {
                hits_.push_back({weight, kept});
                continue;
            }
            for (std::size_t l = 0; l < LANES; ++l) {
                double &best = best_[slot(reached[l])][l];
                if (kept[l] > best) best = kept[l];
            }
        }
        return reached;
    }

    // The place of the last of the recalls that is at most `reached`, which is at least 0.
    std::size_t slot(double reached) const {
        const std::size_t last = best_.size() - 1;
        std::size_t place = std::min(static_cast<std::size_t>(reached * static_cast<double>(last)), last);
        if (recalls_[place] > reached) --place;  // the product was rounded up
        else if (place < last && recalls_[place + 1] <= reached) ++place;
        return place;
    }

    // The mean over recalls of the best precision at that recall or a higher one; leaves `best_` empty for the next.
    Lanes mean_precision(bool any) {
        Lanes total{}, best{};
        if (!any) return total;
        for (std::size_t r = best_.size(); r-- > 0;) {
            for (std::size_t l = 0; l < LANES; ++l) {
                best[l] = best_[r][l] > best[l] ? best_[r][l] : best[l];
                total[l] += best[l];
            }
            best_[r] = Lanes{};
        }
        for (double &sum : total) sum /= static_cast<double>(best_.size());
        return total;
    }

    // The sum over hits of the recall that each adds, times the best precision there or behind it; leaves `hits_` empty
    // for the next.
    Lanes area_below() {
        Lanes total{}, best{};
        for (std::size_t i = hits_.size(); i-- > 0;) {
            const auto &[weight, kept] = hits_[i];
            for (std::size_t l = 0; l < LANES; ++l) {
                best[l] = kept[l] > best[l] ? kept[l] : best[l];
                total[l] += weight[l] * best[l];
            }
        }
        hits_.clear();
        for (std::size_t l = 0; l < LANES; ++l) total[l] = labels_[l] > 0 ? total[l] / labels_[l] : 0.0;
        return total;
    }

    const std::vector<Lanes> &weights_;
    const double *recalls_;
    std::vector<Lanes> best_;  // per recall: the best precision of a hit that reaches it and not the next
    std::vector<std::pair<Lanes, Lanes>> hits_;  // of the curve that is followed: weight and precision, without slots
    std::vector<Lanes> false_;
    Lanes labels_{};
};

}  // namespace ahc
