// Suppression, thinning, matching and growth on their own, to be compiled with a sanitizer and run: maps of one pixel a
// side, and maps so wide that a float32 does not tell the last pixel's place from one that is a thousandth less.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "edge_grow.hpp"
#include "edge_match.hpp"
#include "edge_nms.hpp"
#include "thin.hpp"

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

void thin_and_match(std::size_t height, std::size_t width) {
    ahc::PaddedMap map(height, width);
    std::vector<std::uint8_t> truth(height * width);
    std::vector<ahc::Pixel> found;
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) {
            map.pixels[map.at(y, x)] = draw() < 0.6f;
            truth[y * width + x] = draw() < 0.2f;
        }
    ahc::Thinning(map).run();
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x)
            if (map.pixels[map.at(y, x)])
                found.push_back({static_cast<std::int32_t>(y), static_cast<std::int32_t>(x)});
    for (double radius : {0.0, 2.5}) {
        const ahc::Truth numbered(truth.data(), height, width, ahc::steps_within(radius));
        const ahc::Matching matching(found, numbered, radius);
        require(matching.size() <= numbered.size(), "more pairs than pixels", height, width);
    }
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

}  // namespace

int main() {
    const std::size_t sizes[][2] = {{1, 1},     {1, 2},     {2, 1},     {1, 9},      {9, 1},     {2, 2},
                                    {3, 3},     {17, 13},   {2, 32769}, {32769, 2},  {2, 40000}, {40000, 2},
                                    {1, 40000}, {40000, 1}, {3, 65537}, {70001, 1}};
    for (const auto &[height, width] : sizes) {
        interpolate_at_the_border(height, width);
        suppress(height, width);
        thin_and_match(height, width);
        grow(height, width);
    }
    std::printf("%zu sizes\n", std::size(sizes));
}
