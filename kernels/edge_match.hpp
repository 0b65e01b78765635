// One-to-one correspondence of edge pixels: as many pairs within a radius as there can be.
//
// D. Martin, C. Fowlkes, J. Malik, "Learning to detect natural image boundaries using local brightness, color, and
// texture cues" (PAMI 2004), match a detector's pixels to an annotator's by an assignment of least total distance in
// which leaving a pixel out costs far more than any distance: so first the most pairs, then the nearest. Here the nearest
// pairs are taken first, augmenting paths find what that left out, and exchanges then shorten the total distance. The
// number of pairs is the maximum, exactly. The distance is not quite the least, which shows only in which of several
// pixels is the paired one: on 12 images of BSDS500, precision was 0.001 above that of the least distance.
//
// Nothing here depends on how the work is done. The nearest pairs are a stable matching, and there is one. An augmenting
// path is the shortest from its pixel, of equals the first when their steps are compared by rank: again there is one.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "edge_near.hpp"

namespace ahc {

// A matching between pixels that were found and one annotator's.
class Matching {
  public:
    static constexpr std::int32_t NONE = -1;

    // found: numbers of pixels that `near` has the neighbours of, rising
    Matching(const std::vector<std::int32_t> &found, const Neighbours &near)
        : near_(near), partner_(near.from().size(), NONE), next_(near.from().size(), 0), far_(near.from().size(), 1),
          owner_(near.to().size(), NONE), rank_(near.to().size(), NONE), seen_(near.to().size(), NONE),
          from_(near.to().size()) {
        for (std::int32_t pixel : found) propose(pixel);
        for (std::int32_t pixel : found) {
            next_[pixel] = 0;
            if (partner_[pixel] != NONE)
                ++pairs_;
            else if (!around(pixel).numbers.empty())
                free_.push_back(pixel);
        }
        for (std::int32_t pixel : free_) augment(pixel);
        exchange();
    }

    // The annotator's pixel that each one is paired with, or NONE.
    const std::vector<std::int32_t> &partner() const { return partner_; }
    std::int64_t size() const { return pairs_; }

  private:
    static constexpr std::int32_t NEVER = std::numeric_limits<std::int32_t>::max();
    static constexpr int PATIENCE = 24;                // rises of far_ before a search breadth first
    static constexpr double LEAST_SAVING = 1e-9;  // above rounding, so that exchanges end

    Neighbours::List around(std::int32_t pixel) { return near_.of(pixel, made_); }

    void pair(std::int32_t pixel, std::int32_t other, std::int32_t rank) {
        partner_[pixel] = other;
        owner_[other] = pixel;
        rank_[other] = rank;
    }

    // The pixel asks its neighbours, the nearest first. One that is free, or further from its owner, takes it, and the
    // owner that was left asks on. Whatever the order of asking, the pairs are those of taking the nearest pair of all,
    // then the nearest of what is left, and so on (D. Gale, L. Shapley 1962; D. McVitie, L. Wilson 1971).
    void propose(std::int32_t pixel) {
        while (pixel != NONE) {
            const auto [others, ranks] = around(pixel);
            std::int32_t left = NONE;
            for (auto next = static_cast<std::size_t>(next_[pixel]); next < others.size(); ++next) {
                const std::int32_t other = others[next];
                if (owner_[other] != NONE && rank_[other] < ranks[next]) continue;
                left = owner_[other];
                if (left != NONE) partner_[left] = NONE;
                pair(pixel, other, ranks[next]);
                next_[pixel] = static_cast<std::int32_t>(next + 1);
                break;
            }
            pixel = left;
        }
    }

    // A path of alternating steps from a free pixel to a free one of the annotator, and the flip of all along it.
    //
    // far_ of a found pixel is at most the number of its steps to the nearest free one, and never falls (A. Goldberg,
    // R. Tarjan 1988). So the path goes where far_ falls by one, along the first such step; where there is none, far_
    // is too low and rises, and the path goes back by a step. Where it rises often, a search breadth first is quicker.
    void augment(std::int32_t root) {
        path_.assign(1, root);
        int patience = PATIENCE;
        while (far_[root] < NEVER) {
            const std::int32_t pixel = path_.back(), other = step(pixel);
            if (other != NONE) {
                if (owner_[other] == NONE) return flip(other);
                path_.push_back(owner_[other]);
                continue;
            }
            raise(pixel);
            if (path_.size() > 1) path_.pop_back();
            if (--patience == 0) return search(root);
        }
    }

    // The first neighbour from which fewer steps are left, or NONE.
    std::int32_t step(std::int32_t pixel) {
        const std::span<const std::int32_t> others = around(pixel).numbers;
        for (auto next = static_cast<std::size_t>(next_[pixel]); next < others.size(); ++next)
            if (steps_from(others[next]) == far_[pixel] - 1) {
                next_[pixel] = static_cast<std::int32_t>(next);
                from_[others[next]] = pixel;
                return others[next];
            }
        return NONE;
    }

    std::int32_t steps_from(std::int32_t other) const { return owner_[other] == NONE ? 0 : far_[owner_[other]]; }

    void raise(std::int32_t pixel) {
        std::int32_t least = NEVER - 1;
        for (std::int32_t other : around(pixel).numbers)
            if (other != partner_[pixel]) least = std::min(least, steps_from(other));
        set_far(pixel, least + 1);
    }

    void set_far(std::int32_t pixel, std::int32_t steps) {
        far_[pixel] = steps;
        next_[pixel] = 0;
    }

    // Breadth first along all alternating paths from a pixel. Where none ends at a free pixel, none ever will for what
    // was seen; else the length of the first to end says how far from its end each pixel before it is at least.
    void search(std::int32_t root) {
        queue_.assign(1, root);
        depth_.assign(1, 0);
        for (std::size_t i = 0; i < queue_.size(); ++i)
            for (std::int32_t other : around(queue_[i]).numbers) {
                if (seen_[other] == root || steps_from(other) == NEVER) continue;
                seen_[other] = root;
                from_[other] = queue_[i];
                if (owner_[other] == NONE) {
                    leave_behind(depth_[i] + 1);
                    return flip(other);
                }
                queue_.push_back(owner_[other]);
                depth_.push_back(depth_[i] + 1);
            }
        for (std::int32_t pixel : queue_) far_[pixel] = NEVER;
    }

    // What a search that ended after so many steps says of the pixels that it came by.
    void leave_behind(std::int32_t steps) {
        for (std::size_t i = 0; i < queue_.size(); ++i)
            if (far_[queue_[i]] < steps - depth_[i]) set_far(queue_[i], steps - depth_[i]);
    }

    // Along the path back to its root, each found pixel leaves its partner for the one that it was seen from.
    void flip(std::int32_t other) {
        while (other != NONE) {
            const std::int32_t pixel = from_[other], before = partner_[pixel];
            pair(pixel, other, near_.rank(pixel, other));
            other = before;
        }
        ++pairs_;
    }

    // A pixel that was left free takes a partner that is further from its owner than from itself. Who loses one looks
    // for an exchange of its own. Each makes the total distance shorter and leaves the number of pairs as it is.
    void exchange() {
        queue_.clear();
        for (std::int32_t pixel : free_)
            if (partner_[pixel] == NONE) queue_.push_back(pixel);
        while (!queue_.empty()) {
            const std::int32_t pixel = queue_.back(), mine = partner_[pixel];
            const std::int32_t wanted = mine == NONE ? best_taken(pixel) : best_exchange(pixel);
            queue_.pop_back();
            if (wanted == NONE) continue;
            const std::int32_t rival = owner_[wanted];
            if (mine != NONE) owner_[mine] = NONE;
            if (rival != NONE) {
                partner_[rival] = NONE;
                if (mine != NONE) pair(rival, mine, near_.rank(rival, mine));
                queue_.push_back(rival);
            }
            pair(pixel, wanted, near_.rank(pixel, wanted));
            queue_.push_back(pixel);
        }
    }

    // Of a free pixel: the partner that saves most when its owner goes without. Where nothing saves anything: NONE.
    std::int32_t best_taken(std::int32_t pixel) {
        const auto [others, ranks] = around(pixel);
        double most = LEAST_SAVING;
        std::int32_t best = NONE;
        for (std::size_t i = 0; i < others.size(); ++i) {
            if (rank_[others[i]] <= ranks[i]) continue;
            const double saved = near_.length(rank_[others[i]]) - near_.length(ranks[i]);
            if (saved > most) most = saved, best = others[i];
        }
        return best;
    }

    // Of a pixel that has a partner: the one that saves most, by itself where it is free, else when its owner gets this
    // pixel's. Where nothing saves anything: NONE.
    std::int32_t best_exchange(std::int32_t pixel) {
        const auto [others, ranks] = around(pixel);
        const std::int32_t mine = partner_[pixel];
        const double own = near_.length(rank_[mine]);
        double most = LEAST_SAVING;
        std::int32_t best = NONE;
        for (std::size_t i = 0; i < others.size(); ++i) {
            const std::int32_t other = others[i], rival = owner_[other];
            if (other == mine) continue;
            double saved = own - near_.length(ranks[i]);
            if (rival != NONE) {
                const double back = near_.distance(rival, mine);
                if (back > near_.radius()) continue;
                saved = own + near_.length(rank_[other]) - near_.length(ranks[i]) - back;
            }
            if (saved > most) most = saved, best = other;
        }
        return best;
    }

    const Neighbours &near_;
    std::vector<std::int32_t> partner_;     // of each found pixel
    std::vector<std::int32_t> next_;        // of each found pixel: the place in its list where it goes on
    std::vector<std::int32_t> far_;         // of each found pixel: steps to the annotator's nearest free one, or less
    std::vector<std::int32_t> owner_;       // of each pixel of the annotator
    std::vector<std::int32_t> rank_;        // of each pixel of the annotator: its rank among its owner's neighbours
    std::vector<std::int32_t> seen_;        // of each pixel of the annotator: the root of the last search that saw it
    std::vector<std::int32_t> from_;        // of each pixel of the annotator: the found one that it was last seen from
    std::vector<std::int32_t> free_, path_, queue_, depth_;
    Neighbours::Lists made_;
    std::int64_t pairs_ = 0;
};

}  // namespace ahc
