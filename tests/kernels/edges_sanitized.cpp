// Suppression, thinning, matching and growth on their own, to be compiled with a sanitizer and run: maps of one pixel a
// side, maps so wide that a float32 does not tell the last pixel's place from one that is a thousandth less, and random
// maps.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "edge_grow.hpp"
#include "edge_levels.hpp"
#include "edge_match.hpp"
#include "edge_near.hpp"
#include "edge_nms.hpp"

namespace {

std::mt19937 source(1);

float draw() { return std::uniform_real_distribution<float>(0, 1)(source); }

void require(bool held, const char *what, std::size_t height, std::size_t width) {
    if (held) return;
    std::printf("wrong at %zu x %zu: %s\n", height, width, what);
    std::exit(1);
}

ahc::SoftMap noise(std::size_t height, std::size_t width) {
    ahc::SoftMap map(height, width);
    for (float &value : map.values) value = draw();
    return map;
}

void suppress(std::size_t height, std::size_t width) {
    const ahc::SoftMap soft = noise(height, width);
    for (int reach : {1, 3}) {
        const ahc::SoftMap kept = ahc::suppressed(soft, {1, reach, 1.01f, 5});
        for (float value : kept.values) require(value >= 0 && value <= 1, "a value outside of 0..1", height, width);
    }
}

// Constant along one axis, rising along the other: beyond the border the border's value, exactly.
void interpolate_at_the_border(std::size_t height, std::size_t width) {
    ahc::SoftMap map(height, width);
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) map(y, x) = y + 1 == height && x + 1 == width ? 1.0f : 0.0f;
    const auto last_y = static_cast<float>(height - 1), last_x = static_cast<float>(width - 1);
    const float corner = ahc::ridges::interpolated(map, last_y + 5, last_x + 5);
    require(corner > 0.99f && corner <= 1, "the corner is not the border's value", height, width);
    ahc::ridges::interpolated(map, -5, -5);
}

void grow(std::size_t height, std::size_t width) {
    std::vector<float> masks(height * width), seeds(height * width);
    for (std::size_t i = 0; i < masks.size(); ++i) {
        masks[i] = draw();
        seeds[i] = draw() < 0.1f ? masks[i] : 0.0f;
    }
    ahc::Growth(seeds.data(), masks.data(), static_cast<std::ptrdiff_t>(height), static_cast<std::ptrdiff_t>(width)).run();
    for (std::size_t i = 0; i < masks.size(); ++i) require(seeds[i] <= masks[i], "over the mask", height, width);
}

// The pairs at each threshold, with all lists kept, a few, and none: they must be the same.
bool matches_agree(std::mt19937 &random) {
    const std::size_t height = 1 + random() % 40, width = 1 + random() % 40;
    std::vector<double> map(height * width), thresholds{0.2, 0.5, 0.5, 0.9};
    std::vector<std::uint8_t> truth(height * width);
    for (double &value : map) value = static_cast<double>(random() % 256) / 255;
    for (std::uint8_t &on : truth) on = random() % 4 == 0;
    const ahc::Levels levels(map.data(), height, width, thresholds.data(), thresholds.size(), 2);
    const std::vector<std::uint8_t> any = levels.any();
    const ahc::NumberedPixels found(any.data(), height, width), drawn(truth.data(), height, width);
    const ahc::Disc disc(0.5 * static_cast<double>(random() % 12));
    const ahc::Neighbours all(found, drawn, disc, 1u << 20), few(found, drawn, disc, 100), none(found, drawn, disc, 0);
    for (std::size_t n = 0; n < levels.size(); ++n) {
        const std::vector<std::int32_t> edges = levels.edges(n, any);
        const ahc::Matching matching(edges, all);
        if (matching.partner() != ahc::Matching(edges, few).partner()) return false;
        if (matching.partner() != ahc::Matching(edges, none).partner()) return false;
    }
    return true;
}

}  // namespace

int main() {
    const std::size_t sizes[][2] = {{1, 1},     {1, 2},     {2, 1},     {1, 9},      {9, 1},     {2, 2},
                                    {3, 3},     {17, 13},   {2, 32769}, {32769, 2},  {2, 40000}, {40000, 2},
                                    {1, 40000}, {40000, 1}, {3, 65537}, {70001, 1}};
    for (const auto &[height, width] : sizes) {
        interpolate_at_the_border(height, width);
        suppress(height, width);
        grow(height, width);
    }
    std::mt19937 random(0);
    for (std::size_t i = 0; i < 200; ++i) require(matches_agree(random), "lists that are not kept give other pairs", i, 0);
    std::printf("%zu sizes\n", std::size(sizes));
}
