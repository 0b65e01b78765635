// COCO's greedy matching of found boxes to true ones, at several overlaps and areas at once.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ahc {

// Boxes of one class in one image, group after group; within a group the found ones by falling score. Pointers are to
// what box_match.py documents under these names. The outside flags are [areas, boxes].
struct BoxGroups {
    std::size_t groups, areas, steps;
    const std::int64_t *found_starts, *true_starts;
    const double *overlaps;
    const std::uint8_t *crowd, *true_outside, *found_outside;
    const double *thresholds;

    std::size_t all_found() const { return static_cast<std::size_t>(found_starts[groups]); }
    std::size_t all_true() const { return static_cast<std::size_t>(true_starts[groups]); }
};

// One group of `BoxGroups`, and room to match it in. `overlaps` begins at this group's.
class GroupMatching {
  public:
    GroupMatching(const BoxGroups &boxes, std::size_t group, const double *overlaps)
        : boxes_(boxes), overlaps_(overlaps), first_found_(static_cast<std::size_t>(boxes.found_starts[group])),
          first_true_(static_cast<std::size_t>(boxes.true_starts[group])),
          found_(static_cast<std::size_t>(boxes.found_starts[group + 1]) - first_found_),
          true_(static_cast<std::size_t>(boxes.true_starts[group + 1]) - first_true_), order_(true_), taken_(true_) {
        const double least = *std::min_element(boxes.thresholds, boxes.thresholds + boxes.steps);
        for (std::size_t i = 0; i < found_; ++i)
            if (std::any_of(row(i), row(i) + true_, [&](double overlap) { return overlap >= least; })) near_.push_back(i);
    }

    // Sets the bits of this group's found boxes.
    void run(std::uint64_t *hits, std::uint64_t *ignored) {
        for (std::size_t area = 0; area < boxes_.areas; ++area) {
            const std::uint8_t *outside = boxes_.true_outside + area * boxes_.all_true() + first_true_;
            ignore_lone(area, ignored);
            put_in_order(outside);
            for (std::size_t step = 0; step < boxes_.steps; ++step) match(area, step, outside, hits, ignored);
        }
    }

  private:
    static constexpr std::size_t NONE = static_cast<std::size_t>(-1);

    const double *row(std::size_t i) const { return overlaps_ + i * true_; }

    bool is_outside(std::size_t area, std::size_t i) const {
        return boxes_.found_outside[area * boxes_.all_found() + first_found_ + i];
    }

    // Found boxes of another size are ignored, unless `match` says otherwise.
    void ignore_lone(std::size_t area, std::uint64_t *ignored) const {
        const std::uint64_t bits = ((std::uint64_t{1} << boxes_.steps) - 1) << (area * boxes_.steps);
        for (std::size_t i = 0; i < found_; ++i)
            if (is_outside(area, i)) ignored[first_found_ + i] |= bits;
    }

    // True boxes that are to be found before those that are not.
    void put_in_order(const std::uint8_t *outside) {
        for (std::size_t j = 0; j < true_; ++j) order_[j] = j;
        std::stable_partition(order_.begin(), order_.end(), [&](std::size_t j) { return !outside[j]; });
    }

    void match(std::size_t area, std::size_t step, const std::uint8_t *outside, std::uint64_t *hits,
               std::uint64_t *ignored) {
        const std::uint64_t bit = std::uint64_t{1} << (area * boxes_.steps + step);
        std::fill(taken_.begin(), taken_.end(), std::uint8_t{0});
        for (std::size_t i : near_) {
            const std::size_t best = best_of(row(i), outside, boxes_.thresholds[step]);
            if (best == NONE) continue;
            taken_[best] = 1;
            std::uint64_t &is_ignored = ignored[first_found_ + i];
            is_ignored = outside[best] ? is_ignored | bit : is_ignored & ~bit;
            if (!outside[best]) hits[first_found_ + i] |= bit;
        }
    }

    // The true box that a found one takes, or NONE. Of equal overlaps the later in order.
    std::size_t best_of(const double *overlaps, const std::uint8_t *outside, double threshold) const {
        std::size_t best = NONE;
        double most = threshold;
        for (std::size_t j : order_) {
            if (taken_[j] && !boxes_.crowd[first_true_ + j]) continue;
            if (best != NONE && !outside[best] && outside[j]) break;
            if (overlaps[j] >= most) {
                best = j;
                most = overlaps[j];
            }
        }
        return best;
    }

    const BoxGroups &boxes_;
    const double *overlaps_;
    std::size_t first_found_, first_true_, found_, true_;
    std::vector<std::size_t> near_;   // found boxes that overlap any true one enough at the least threshold
    std::vector<std::size_t> order_;  // of the true boxes
    std::vector<std::uint8_t> taken_;
};

}  // namespace ahc
