// Which pixels of one map lie near a pixel of another.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace ahc {

struct Pixel {
    std::int32_t y, x;
};

// The pixels of a map that are on, numbered in raster order.
class NumberedPixels {
  public:
    // on: uint8 [height, width]
    NumberedPixels(const std::uint8_t *on, std::size_t height, std::size_t width)
        : height_(static_cast<std::int32_t>(height)), width_(static_cast<std::int32_t>(width)) {
        before_.reserve(height * width + 1);
        for (std::int32_t y = 0; y < height_; ++y)
            for (std::int32_t x = 0; x < width_; ++x) {
                before_.push_back(size());
                if (on[before_.size() - 1]) pixels_.push_back({y, x});
            }
        before_.push_back(size());
    }

    std::int32_t size() const { return static_cast<std::int32_t>(pixels_.size()); }
    Pixel operator[](std::int32_t number) const { return pixels_[number]; }

    // The numbers in row y, from column `left` to column `right`, the last one among them: [first, second). Columns and
    // rows outside of the map hold none.
    std::pair<std::int32_t, std::int32_t> within(std::int32_t y, std::int32_t left, std::int32_t right) const {
        if (y < 0 || y >= height_) return {0, 0};
        const std::size_t row = static_cast<std::size_t>(y) * width_;
        return {before_[row + std::max(left, 0)], before_[row + std::min(right, width_ - 1) + 1]};
    }

  private:
    std::int32_t height_, width_;
    std::vector<std::int32_t> before_;  // of each place of the map, how many pixels are on before it
    std::vector<Pixel> pixels_;
};

// All steps within a radius. Their ranks: the shortest first, among equals in raster order.
class Disc {
  public:
    explicit Disc(double radius) : radius_(radius), reach_(static_cast<std::int32_t>(std::floor(radius))) {
        std::vector<Pixel> steps;
        for (std::int32_t y = -reach_; y <= reach_; ++y) {
            half_widths_.push_back(static_cast<std::int32_t>(std::sqrt(radius * radius - double(y) * y)) + 1);
            while (!holds({y, half_widths_.back()})) --half_widths_.back();  // exact, whatever the root's rounding
            for (std::int32_t x = -half_widths_.back(); x <= half_widths_.back(); ++x) steps.push_back({y, x});
        }
        const auto squared = [](Pixel step) { return std::int64_t(step.y) * step.y + std::int64_t(step.x) * step.x; };
        std::stable_sort(steps.begin(), steps.end(), [&](Pixel a, Pixel b) { return squared(a) < squared(b); });
        ranks_.resize(half_widths_.size() * half_widths_.size());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            ranks_[place(steps[i])] = static_cast<std::int32_t>(i);
            lengths_.push_back(std::sqrt(static_cast<double>(squared(steps[i]))));
        }
    }

    double radius() const { return radius_; }
    std::int32_t reach() const { return reach_; }
    std::int32_t half_width(std::int32_t y) const { return half_widths_[y + reach_]; }
    std::int32_t rank(Pixel from, Pixel to) const { return ranks_[place({to.y - from.y, to.x - from.x})]; }
    double length(std::int32_t rank) const { return lengths_[rank]; }

  private:
    bool holds(Pixel step) const { return double(step.y) * step.y + double(step.x) * step.x <= radius_ * radius_; }
    std::size_t place(Pixel step) const { return (step.y + reach_) * half_widths_.size() + step.x + reach_; }

    double radius_;
    std::int32_t reach_;
    std::vector<std::int32_t> half_widths_, ranks_;
    std::vector<double> lengths_;  // by rank
};

// For each pixel of one map, another map's pixels within a disc around it, by rank. Lists are made once and kept, as
// many as `most` neighbours allow; those of the pixels after that are made whenever they are asked for.
class Neighbours {
  public:
    // Of one pixel's neighbours, the nearest first.
    struct List {
        std::span<const std::int32_t> numbers, ranks;
    };

    struct Lists {
        std::vector<std::int32_t> numbers, ranks;

        void resize(std::size_t size) {
            numbers.resize(size);
            ranks.resize(size);
        }
        List part(std::size_t start, std::size_t stop) const {
            return {{numbers.data() + start, stop - start}, {ranks.data() + start, stop - start}};
        }
    };

    Neighbours(const NumberedPixels &from, const NumberedPixels &to, const Disc &disc, std::size_t most)
        : from_(from), to_(to), disc_(disc), starts_(1, 0) {
        for (std::int32_t pixel = 0; pixel < from.size(); ++pixel) {
            const std::size_t stop = starts_.back() + size(pixel);
            if (stop > most) break;
            starts_.push_back(stop);
        }
        kept_.resize(starts_.back());
        for (std::size_t pixel = 0; pixel + 1 < starts_.size(); ++pixel)
            write(static_cast<std::int32_t>(pixel), kept_, starts_[pixel]);
    }

    // A list that is not kept lives in `made`, until the next.
    List of(std::int32_t pixel, Lists &made) const {
        const auto at = static_cast<std::size_t>(pixel);
        if (at + 1 < starts_.size()) return kept_.part(starts_[at], starts_[at + 1]);
        made.resize(size(pixel));
        write(pixel, made, 0);
        return made.part(0, made.numbers.size());
    }

    const NumberedPixels &from() const { return from_; }
    const NumberedPixels &to() const { return to_; }
    double radius() const { return disc_.radius(); }
    double length(std::int32_t rank) const { return disc_.length(rank); }
    std::int32_t rank(std::int32_t pixel, std::int32_t other) const { return disc_.rank(from_[pixel], to_[other]); }

    double distance(std::int32_t pixel, std::int32_t other) const {
        const double y = from_[pixel].y - to_[other].y, x = from_[pixel].x - to_[other].x;
        return std::sqrt(y * y + x * x);
    }

  private:
    template <typename Visit>
    void each_row(std::int32_t pixel, const Visit &visit) const {
        const Pixel at = from_[pixel];
        for (std::int32_t y = -disc_.reach(); y <= disc_.reach(); ++y) {
            const std::int32_t half = disc_.half_width(y);
            const auto [first, stop] = to_.within(at.y + y, at.x - half, at.x + half);
            visit(first, stop);
        }
    }

    std::size_t size(std::int32_t pixel) const {
        std::size_t total = 0;
        each_row(pixel, [&](std::int32_t first, std::int32_t stop) { total += stop - first; });
        return total;
    }

    void write(std::int32_t pixel, Lists &lists, std::size_t start) const {
        std::vector<std::pair<std::int32_t, std::int32_t>> ranked;
        each_row(pixel, [&](std::int32_t number, std::int32_t stop) {
            for (; number < stop; ++number) ranked.emplace_back(rank(pixel, number), number);
        });
        std::sort(ranked.begin(), ranked.end());
        for (std::size_t i = 0; i < ranked.size(); ++i) {
            lists.ranks[start + i] = ranked[i].first;
            lists.numbers[start + i] = ranked[i].second;
        }
    }

    const NumberedPixels &from_, &to_;
    const Disc &disc_;
    std::vector<std::size_t> starts_;  // where each kept list starts, and where the last one stops
    Lists kept_;
};

}  // namespace ahc
