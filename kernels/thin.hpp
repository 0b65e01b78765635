// Morphological thinning of a binary map until nothing changes.
//
// Guo and Hall's two sub-iterations (1989) as Lam, Lee and Suen's survey (1992) lists them; MATLAB's bwmorph(map, 'thin',
// inf) and skimage.morphology.thin document the same. With the neighbours x1 ... x8 counted from east against the clock
// and x9 = x1, a pixel goes where all three hold:
//   G1  exactly one i in 1..4 has x(2i-1) off and x(2i) or x(2i+1) on
//   G2  2 <= min(n1, n2) <= 3; n1 counts the k in 1..4 with x(2k-1) or x(2k) on, n2 those with x(2k) or x(2k+1) on
//   G3  first: not ((x2 or x3 or not x8) and x1); second: not ((x6 or x7 or not x4) and x5)
// Outside of the map all is off.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ahc {

// A binary map within a margin of one pixel that stays off.
struct PaddedMap {
    std::size_t height, width, stride;
    std::vector<std::uint8_t> pixels;

    PaddedMap(std::size_t rows, std::size_t columns)
        : height(rows), width(columns), stride(columns + 2), pixels((rows + 2) * stride) {}

    std::size_t at(std::size_t y, std::size_t x) const { return (y + 1) * stride + x + 1; }
};

namespace thinning {

constexpr int FIRST = 1, SECOND = 2;

// In which sub-iterations a pixel goes: bit i - 1 of `neighbours` is x(i).
constexpr std::uint8_t verdict(unsigned neighbours) {
    const auto x = [neighbours](unsigned i) { return (neighbours >> ((i - 1) % 8) & 1u) != 0; };
    int crossings = 0, n1 = 0, n2 = 0;
    for (unsigned k = 1; k <= 4; ++k) {
        crossings += !x(2 * k - 1) && (x(2 * k) || x(2 * k + 1));
        n1 += x(2 * k - 1) || x(2 * k);
        n2 += x(2 * k) || x(2 * k + 1);
    }
    const int least = std::min(n1, n2);
    if (crossings != 1 || least < 2 || least > 3) return 0;
    const bool first = !((x(2) || x(3) || !x(8)) && x(1));
    const bool second = !((x(6) || x(7) || !x(4)) && x(5));
    return static_cast<std::uint8_t>((first ? FIRST : 0) | (second ? SECOND : 0));
}

constexpr std::array<std::uint8_t, 256> verdicts() {
    std::array<std::uint8_t, 256> table{};
    for (unsigned neighbours = 0; neighbours < 256; ++neighbours) table[neighbours] = verdict(neighbours);
    return table;
}

inline constexpr std::array<std::uint8_t, 256> VERDICTS = verdicts();

}  // namespace thinning

// Thins one map. Whether a pixel goes depends on its neighbours alone, so after the first round only those are looked at
// whose neighbourhood has changed since the last look of the same sub-iteration.
class Thinning {
  public:
    explicit Thinning(PaddedMap &map) : map_(map), queued_(map.pixels.size(), 0) {
        const auto s = static_cast<std::ptrdiff_t>(map.stride);
        around_ = {1, 1 - s, -s, -1 - s, -1, s - 1, s, s + 1};
    }

    void run() {
        std::vector<std::size_t> look;
        for (std::size_t at = 0; at < map_.pixels.size(); ++at)
            if (map_.pixels[at]) look.push_back(at);
        run(std::move(look));
    }

    // look: all pixels that are on
    void run(std::vector<std::size_t> look) {
        while (!look.empty()) {
            std::vector<std::size_t> changed = sweep(look, thinning::FIRST);
            std::vector<std::size_t> also = look;
            also.insert(also.end(), changed.begin(), changed.end());
            const std::vector<std::size_t> later = sweep(unique(also), thinning::SECOND);
            changed.insert(changed.end(), later.begin(), later.end());
            look = unique(changed);
        }
    }

  private:
    // One sub-iteration over the pixels of `look`: all verdicts first, then the deletions. Returns their neighbours.
    std::vector<std::size_t> sweep(const std::vector<std::size_t> &look, int which) {
        gone_.clear();
        for (std::size_t at : look)
            if (map_.pixels[at] && (thinning::VERDICTS[neighbours(at)] & which)) gone_.push_back(at);
        for (std::size_t at : gone_) map_.pixels[at] = 0;
        std::vector<std::size_t> touched;
        for (std::size_t at : gone_)
            for (std::ptrdiff_t step : around_)
                if (map_.pixels[at + step]) touched.push_back(at + step);
        return touched;
    }

    unsigned neighbours(std::size_t at) const {
        unsigned bits = 0;
        for (unsigned i = 0; i < 8; ++i) bits |= static_cast<unsigned>(map_.pixels[at + around_[i]]) << i;
        return bits;
    }

    // Each pixel once, those that have gone left out.
    std::vector<std::size_t> unique(const std::vector<std::size_t> &pixels) {
        std::vector<std::size_t> once;
        for (std::size_t at : pixels)
            if (map_.pixels[at] && !std::exchange(queued_[at], 1)) once.push_back(at);
        for (std::size_t at : once) queued_[at] = 0;
        return once;
    }

    PaddedMap &map_;
    std::vector<std::uint8_t> queued_;
    std::vector<std::size_t> gone_;
    std::array<std::ptrdiff_t, 8> around_{};
};

}  // namespace ahc
