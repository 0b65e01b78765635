// The edges of a soft map at each of several thresholds: binarised at >= the threshold, and thinned.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "parallel.hpp"
#include "thin.hpp"

namespace ahc {

// Thinned maps are no subsets of one another, so each is thinned by itself; thresholds between which the map has no
// value share one. A thinned map is held as a bit for each pixel that reaches the lowest threshold.
class Levels {
  public:
    // map: [height, width]
    Levels(const double *map, std::size_t height, std::size_t width, const double *thresholds, std::size_t count,
           std::size_t threads)
        : height_(height), width_(width) {
        std::vector<double> rising(thresholds, thresholds + count);
        std::sort(rising.begin(), rising.end());
        std::vector<std::size_t> pixels(count + 1, 0);  // by how many thresholds they reach
        for (std::size_t at = 0; at < height * width; ++at) {
            const std::uint32_t reached = how_many(rising, map[at]);
            if (reached == 0) continue;
            places_.push_back(at);
            reached_.push_back(reached);
            ++pixels[reached];
        }
        number(thresholds, count, rising, pixels);
        kept_.resize(least_.size());
        for_each_piece(least_.size(), threads, [&](std::size_t n) { kept_[n] = thinned(least_[n]); });
    }

    std::size_t size() const { return least_.size(); }                // different sets of pixels
    std::size_t of(std::size_t threshold) const { return of_[threshold]; }  // which of them is a threshold's

    // uint8 [height, width]: whether a pixel is an edge at any threshold.
    std::vector<std::uint8_t> any() const {
        std::vector<std::uint8_t> map(height_ * width_, 0);
        for (const std::vector<bool> &kept : kept_)
            for (std::size_t i = 0; i < places_.size(); ++i) map[places_[i]] |= kept[i];
        return map;
    }

    // The edges of set n, numbered among the pixels of `any`, rising.
    std::vector<std::int32_t> edges(std::size_t n, const std::vector<std::uint8_t> &any) const {
        std::vector<std::int32_t> numbers;
        std::int32_t next = 0;
        for (std::size_t i = 0; i < places_.size(); ++i) {
            if (kept_[n][i]) numbers.push_back(next);
            next += any[places_[i]];
        }
        return numbers;
    }

  private:
    // NaN reaches none.
    static std::uint32_t how_many(const std::vector<double> &rising, double value) {
        const auto reaches = [value](double threshold) { return value >= threshold; };
        return static_cast<std::uint32_t>(std::partition_point(rising.begin(), rising.end(), reaches) - rising.begin());
    }

    // The different sets: a pixel is in one where it reaches as many thresholds as its lowest one needs.
    void number(const double *thresholds, std::size_t count, const std::vector<double> &rising,
                const std::vector<std::size_t> &pixels) {
        std::vector<std::size_t> set_of(count + 1, 0);
        for (std::uint32_t reached = 1; reached <= count; ++reached) {
            if (reached == 1 || pixels[reached - 1] > 0) least_.push_back(reached);
            set_of[reached] = least_.size() - 1;
        }
        for (std::size_t k = 0; k < count; ++k) of_.push_back(set_of[how_many(rising, thresholds[k])]);
    }

    std::vector<bool> thinned(std::uint32_t least) const {
        PaddedMap map(height_, width_);
        std::vector<std::size_t> inside;
        for (std::size_t i = 0; i < places_.size(); ++i)
            if (reached_[i] >= least) inside.push_back(padded(map, i));
        for (std::size_t at : inside) map.pixels[at] = 1;
        Thinning(map).run(inside);
        std::vector<bool> kept(places_.size());
        for (std::size_t i = 0; i < places_.size(); ++i) kept[i] = map.pixels[padded(map, i)];
        return kept;
    }

    std::size_t padded(const PaddedMap &map, std::size_t i) const {
        return map.at(places_[i] / width_, places_[i] % width_);
    }

    std::size_t height_, width_;
    std::vector<std::size_t> places_;     // in raster order, of the pixels that reach any threshold
    std::vector<std::uint32_t> reached_;  // how many they reach
    std::vector<std::uint32_t> least_;    // how many the pixels of each set reach at least
    std::vector<std::size_t> of_;
    std::vector<std::vector<bool>> kept_;
};

}  // namespace ahc
