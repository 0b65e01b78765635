// Non-maximum suppression of a soft edge map along the normals of its ridges.
//
// What published evaluations on BSDS500 do since P. Dollar and C. L. Zitnick, "Fast edge detection using structured
// forests" (PAMI 2015): the map is smoothed by a triangle of radius 1; the direction comes from its second derivatives,
// after a triangle of radius 4; a pixel stays where it is at least its two neighbours along the normal, each interpolated
// and given a hundredth of grace; and within five pixels of the border, where maps are noisy, values fade out linearly.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ahc {

struct SoftMap {
    std::size_t height, width;
    std::vector<float> values;

    SoftMap(std::size_t rows, std::size_t columns) : height(rows), width(columns), values(rows * columns) {}
    float &operator()(std::size_t y, std::size_t x) { return values[y * width + x]; }
    float operator()(std::size_t y, std::size_t x) const { return values[y * width + x]; }
};

namespace ridges {

// 1, 2 ... radius + 1 ... 2, 1, of sum 1.
inline std::vector<float> triangle(int radius) {
    std::vector<float> taps;
    const auto peak = static_cast<float>(radius + 1);
    for (int i = -radius; i <= radius; ++i) taps.push_back((peak - static_cast<float>(std::abs(i))) / (peak * peak));
    return taps;
}

// The index with the map mirrored at its borders, the border pixel repeated.
inline std::size_t mirrored(std::ptrdiff_t i, std::size_t size) {
    const auto period = 2 * static_cast<std::ptrdiff_t>(size);
    i = ((i % period) + period) % period;
    return static_cast<std::size_t>(i < static_cast<std::ptrdiff_t>(size) ? i : period - 1 - i);
}

inline SoftMap smoothed(const SoftMap &map, int radius) {
    const std::vector<float> taps = triangle(radius);
    SoftMap down(map.height, map.width), out(map.height, map.width);
    for (std::size_t y = 0; y < map.height; ++y)
        for (int i = -radius; i <= radius; ++i) {
            const float tap = taps[i + radius];
            const std::size_t from = mirrored(static_cast<std::ptrdiff_t>(y) + i, map.height);
            for (std::size_t x = 0; x < map.width; ++x) down(y, x) += tap * map(from, x);
        }
    std::vector<float> row(map.width + 2 * radius);
    for (std::size_t y = 0; y < map.height; ++y) {
        for (std::size_t x = 0; x < row.size(); ++x)
            row[x] = down(y, mirrored(static_cast<std::ptrdiff_t>(x) - radius, map.width));
        for (int i = 0; i <= 2 * radius; ++i)
            for (std::size_t x = 0; x < map.width; ++x) out(y, x) += taps[i] * row[x + i];
    }
    return out;
}

// Half the difference of the two neighbours; at a border the whole difference to the one.
inline float slope(const SoftMap &map, std::size_t y, std::size_t x, bool along_x) {
    const std::size_t size = along_x ? map.width : map.height, i = along_x ? x : y;
    const std::size_t before = i == 0 ? 0 : i - 1, after = std::min(i + 1, size - 1);
    if (before == after) return 0;
    const float rise = along_x ? map(y, after) - map(y, before) : map(after, x) - map(before, x);
    return rise / static_cast<float>(after - before);
}

inline SoftMap derivative(const SoftMap &map, bool along_x) {
    SoftMap out(map.height, map.width);
    for (std::size_t y = 0; y < map.height; ++y)
        for (std::size_t x = 0; x < map.width; ++x) out(y, x) = slope(map, y, x, along_x);
    return out;
}

// Bilinear; beyond the border the border's value, up to a thousandth of a pixel. Of a map wider than 2^15 pixels a float
// does not tell that place from the last pixel's, which has none behind it: there the neighbour is the pixel itself.
inline float interpolated(const SoftMap &map, float y, float x) {
    x = std::clamp(x, 0.0f, std::max(static_cast<float>(map.width) - 1.001f, 0.0f));
    y = std::clamp(y, 0.0f, std::max(static_cast<float>(map.height) - 1.001f, 0.0f));
    const std::size_t x0 = std::min(static_cast<std::size_t>(x), map.width - 1), x1 = std::min(x0 + 1, map.width - 1);
    const std::size_t y0 = std::min(static_cast<std::size_t>(y), map.height - 1), y1 = std::min(y0 + 1, map.height - 1);
    const float right = x - static_cast<float>(x0), lower = y - static_cast<float>(y0);
    return (1 - lower) * ((1 - right) * map(y0, x0) + right * map(y0, x1)) +
           lower * ((1 - right) * map(y1, x0) + right * map(y1, x1));
}

}  // namespace ridges

class RidgeNormals {
  public:
    static constexpr int SMOOTHING = 4;

    explicit RidgeNormals(const SoftMap &map)
        : dx_(ridges::derivative(ridges::smoothed(map, SMOOTHING), true)),
          dy_(ridges::derivative(ridges::smoothed(map, SMOOTHING), false)) {}

    // The unit normal at a pixel, of tangent yy * sign(-xy) / (xx + 1e-5). Where the mixed derivative is exactly 0, so
    // is the tangent: the published formula's way with perfectly horizontal ridges and flat ground.
    void at(std::size_t y, std::size_t x, float &normal_y, float &normal_x) const {
        const float xx = ridges::slope(dx_, y, x, true) + 1e-5f, xy = ridges::slope(dy_, y, x, true);
        const float yy = ridges::slope(dy_, y, x, false) * static_cast<float>((xy < 0) - (xy > 0));
        const float length = std::hypot(xx, yy);
        normal_y = length > 0 ? yy / length : 0;
        normal_x = length > 0 ? xx / length : 1;
    }

  private:
    SoftMap dx_, dy_;
};

struct Suppression {
    int smoothing;       // radius of the triangle that the map is smoothed with first; 0: not at all
    int reach;           // pixels along the normal, to each side
    float grace;         // what a pixel is multiplied by before it is compared
    std::size_t border;  // pixels over which values fade out
};

// At least one pixel.
inline SoftMap suppressed(const SoftMap &soft, const Suppression &how) {
    const SoftMap map = ridges::smoothed(soft, how.smoothing);
    const RidgeNormals normals(map);
    SoftMap out(map.height, map.width);
    for (std::size_t y = 0; y < map.height; ++y)
        for (std::size_t x = 0; x < map.width; ++x) {
            const float value = map(y, x);
            if (value == 0) continue;
            float normal_y, normal_x;
            normals.at(y, x, normal_y, normal_x);
            bool stays = true;
            for (int d = -how.reach; d <= how.reach && stays; ++d) {
                const auto far = static_cast<float>(d);
                const float fy = static_cast<float>(y) + far * normal_y, fx = static_cast<float>(x) + far * normal_x;
                stays = d == 0 || value * how.grace >= ridges::interpolated(map, fy, fx);
            }
            if (!stays) continue;
            const std::size_t near = std::min(how.border, std::min(map.height, map.width) / 2);
            float kept = value;
            for (std::size_t edge : {x, map.width - 1 - x, y, map.height - 1 - y})
                if (edge < near) kept *= static_cast<float>(edge) / static_cast<float>(near);
            out(y, x) = kept;
        }
    return out;
}

}  // namespace ahc
