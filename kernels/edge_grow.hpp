// Grey reconstruction by dilation: what reaches each pixel from any seed, along neighbours, under a mask.
//
// L. Vincent, "Morphological grayscale reconstruction in image analysis" (IEEE TIP 1993), the hybrid algorithm: one scan
// down, one scan up, and a queue for what the two left unfinished. Eight neighbours.

#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>

namespace ahc {

class Growth {
  public:
    Growth(float *seed, const float *mask, std::ptrdiff_t height, std::ptrdiff_t width)
        : seed_(seed), mask_(mask), height_(height), width_(width) {}

    void run() {
        for (std::ptrdiff_t at = 0; at < height_ * width_; ++at) seed_[at] = std::min(seed_[at], mask_[at]);
        for (std::ptrdiff_t y = 0; y < height_; ++y)
            for (std::ptrdiff_t x = 0; x < width_; ++x) take(y, x, BEHIND);
        for (std::ptrdiff_t y = height_ - 1; y >= 0; --y)
            for (std::ptrdiff_t x = width_ - 1; x >= 0; --x) {
                take(y, x, AHEAD);
                for (Step step : AHEAD)
                    if (grows_into(y, x, step)) {
                        queue_.push_back(y * width_ + x);
                        break;
                    }
            }
        while (!queue_.empty()) {
            const std::ptrdiff_t y = queue_.front() / width_, x = queue_.front() % width_;
            queue_.pop_front();
            for (Step step : BEHIND) spread(y, x, step);
            for (Step step : AHEAD) spread(y, x, step);
        }
    }

  private:
    struct Step {
        std::ptrdiff_t y, x;
    };
    static constexpr Step BEHIND[] = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}};
    static constexpr Step AHEAD[] = {{1, 1}, {1, 0}, {1, -1}, {0, 1}};

    bool inside(std::ptrdiff_t y, std::ptrdiff_t x) const { return y >= 0 && y < height_ && x >= 0 && x < width_; }

    void take(std::ptrdiff_t y, std::ptrdiff_t x, const Step (&from)[4]) {
        const std::ptrdiff_t at = y * width_ + x;
        if (seed_[at] >= mask_[at]) return;
        float most = seed_[at];
        for (Step step : from)
            if (inside(y + step.y, x + step.x)) most = std::max(most, seed_[at + step.y * width_ + step.x]);
        seed_[at] = std::min(most, mask_[at]);
    }

    bool grows_into(std::ptrdiff_t y, std::ptrdiff_t x, Step step) const {
        if (!inside(y + step.y, x + step.x)) return false;
        const std::ptrdiff_t at = y * width_ + x, next = at + step.y * width_ + step.x;
        return seed_[next] < seed_[at] && seed_[next] < mask_[next];
    }

    void spread(std::ptrdiff_t y, std::ptrdiff_t x, Step step) {
        if (!grows_into(y, x, step)) return;
        const std::ptrdiff_t at = y * width_ + x, next = at + step.y * width_ + step.x;
        seed_[next] = std::min(seed_[at], mask_[next]);
        queue_.push_back(next);
    }

    float *seed_;
    const float *mask_;
    std::ptrdiff_t height_, width_;
    std::deque<std::ptrdiff_t> queue_;
};

}  // namespace ahc
