// One-to-one correspondence of edge pixels: as many pairs within a radius as there can be.
//
// D. Martin, C. Fowlkes, J. Malik, "Learning to detect natural image boundaries using local brightness, color, and
// texture cues" (PAMI 2004), match a detector's pixels to an annotator's by an assignment of least total distance in
// which leaving a pixel out costs far more than any distance: so first the most pairs, then the nearest. Here the nearest
// pairs are taken first, and augmenting paths then find what that left out. The number of pairs is the maximum, exactly;
// among matchings of that size the total distance is small, not the least.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ahc {

struct Pixel {
    std::int32_t y, x;
};

// All steps within a radius, the shortest first; among equals in raster order.
inline std::vector<Pixel> steps_within(double radius) {
    const auto reach = static_cast<std::int32_t>(std::floor(radius));
    std::vector<Pixel> steps;
    for (std::int32_t y = -reach; y <= reach; ++y)
        for (std::int32_t x = -reach; x <= reach; ++x)
            if (double(y) * y + double(x) * x <= radius * radius) steps.push_back({y, x});
    const auto length = [](Pixel step) { return step.y * step.y + step.x * step.x; };
    std::stable_sort(steps.begin(), steps.end(), [&](Pixel a, Pixel b) { return length(a) < length(b); });
    return steps;
}

// The numbered pixels of one annotator, found by their place.
class Truth {
  public:
    Truth(const std::uint8_t *map, std::size_t height, std::size_t width, const std::vector<Pixel> &steps)
        : margin_(steps.empty() ? 0 : static_cast<std::size_t>(reach_of(steps))),
          stride_(width + 2 * margin_),
          number_((height + 2 * margin_) * stride_, NONE) {
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x)
                if (map[y * width + x]) number_[place(static_cast<std::int32_t>(y), static_cast<std::int32_t>(x))] = size_++;
        for (Pixel step : steps)
            offsets_.push_back(static_cast<std::ptrdiff_t>(step.y) * static_cast<std::ptrdiff_t>(stride_) + step.x);
    }

    static constexpr std::int32_t NONE = -1;

    std::int32_t size() const { return size_; }
    std::size_t place(std::int32_t y, std::int32_t x) const { return (y + margin_) * stride_ + x + margin_; }
    std::int32_t number(std::size_t place) const { return number_[place]; }
    const std::vector<std::ptrdiff_t> &offsets() const { return offsets_; }  // of the steps, the shortest first

  private:
    static std::int32_t reach_of(const std::vector<Pixel> &steps) {
        std::int32_t reach = 0;
        for (Pixel step : steps) reach = std::max(reach, std::abs(step.y));
        return reach;
    }

    std::size_t margin_, stride_;
    std::vector<std::int32_t> number_;
    std::vector<std::ptrdiff_t> offsets_;
    std::int32_t size_ = 0;
};

// A matching between found pixels and one annotator's.
class Matching {
  public:
    static constexpr std::int32_t NONE = Truth::NONE;

    Matching(const std::vector<Pixel> &found, const Truth &truth)
        : truth_(truth), partner_(found.size(), NONE), owner_(truth.size(), NONE), seen_(truth.size(), UNSEEN),
          from_(truth.size(), NONE) {
        place_.reserve(found.size());
        for (Pixel pixel : found) place_.push_back(truth.place(pixel.y, pixel.x));
        take_nearest();
        for (std::int32_t pixel : free_) augment(pixel);
    }

    // The annotator's pixel that each found one is paired with, or NONE.
    const std::vector<std::int32_t> &partner() const { return partner_; }
    std::int64_t size() const { return pairs_; }

  private:
    static constexpr std::int32_t UNSEEN = -1, DEAD = -2;

    void take_nearest() {
        for (std::size_t i = 0; i < partner_.size(); ++i) free_.push_back(static_cast<std::int32_t>(i));
        for (std::ptrdiff_t offset : truth_.offsets()) {
            std::size_t left = 0;
            for (std::int32_t pixel : free_) {
                const std::int32_t other = truth_.number(place_[pixel] + offset);
                if (other != NONE && owner_[other] == NONE)
                    pair(pixel, other), ++pairs_;
                else
                    free_[left++] = pixel;
            }
            free_.resize(left);
        }
    }

    void pair(std::int32_t pixel, std::int32_t other) {
        partner_[pixel] = other;
        owner_[other] = pixel;
    }

    // Breadth first along alternating paths to a free pixel of the annotator. A search that fails has seen all that can
    // be reached from there, none of it free, and no later path leads through it either: it is dead for good.
    void augment(std::int32_t root) {
        queue_.assign(1, root);
        tree_.clear();
        for (std::size_t next = 0; next < queue_.size(); ++next) {
            const std::int32_t pixel = queue_[next];
            for (std::ptrdiff_t offset : truth_.offsets()) {
                const std::int32_t other = truth_.number(place_[pixel] + offset);
                if (other == NONE || seen_[other] == root || seen_[other] == DEAD) continue;
                seen_[other] = root;
                from_[other] = pixel;
                if (owner_[other] == NONE) return flip(other);
                tree_.push_back(other);
                queue_.push_back(owner_[other]);
            }
        }
        for (std::int32_t other : tree_) seen_[other] = DEAD;
    }

    // Along the path back to its root, each found pixel leaves its partner for the one that it was seen from.
    void flip(std::int32_t other) {
        while (other != NONE) {
            const std::int32_t pixel = from_[other], before = partner_[pixel];
            pair(pixel, other);
            other = before;
        }
        ++pairs_;
    }

    const Truth &truth_;
    std::vector<std::size_t> place_;
    std::vector<std::int32_t> partner_, owner_, seen_, from_, free_, queue_, tree_;
    std::int64_t pairs_ = 0;
};

}  // namespace ahc
