// The loops over pixels on their own, to be compiled with a sanitizer and run: frames of one pixel, of sides that are
// no whole vectors, of bytes and of floats, in three layouts, each in memory of just its size; and warps by wild
// motion.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "pixels/loops.cpp"
#include "pixels/scales.hpp"

namespace {

using namespace ahc;
namespace here = ahc::AHC_VARIANT;

constexpr std::size_t FRAMES = 2, CHANNELS = 3, THREADS = 2, MOST_FLOATS = 1 << 20;
std::mt19937 source(1);

void require(bool held, const char *what, std::size_t height, std::size_t width) {
    if (held) return;
    std::printf("wrong at %zu x %zu: %s\n", height, width, what);
    std::exit(1);
}

std::vector<float> gaussian(std::size_t size, double sigma) {
    std::vector<double> taps;
    double total = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const double place = static_cast<double>(i) - static_cast<double>(size - 1) / 2;
        taps.push_back(std::exp(-place * place / (2 * sigma * sigma)));
        total += taps.back();
    }
    std::vector<float> half;
    for (std::size_t i = 0; i <= size / 2; ++i) half.push_back(static_cast<float>(taps[i] / total));
    return half;
}

// The same noise in one of three layouts: planes, channels last, every second column.
template <typename Pixel>
struct Noise {
    Noise(std::size_t height, std::size_t width, int layout, unsigned seed) {
        const auto h = static_cast<std::ptrdiff_t>(height), w = static_cast<std::ptrdiff_t>(width);
        if (layout == 1)
            frames = {nullptr, sizeof(Pixel) == 1, 3 * h * w, 1, 3 * w, 3};
        else
            frames = {nullptr, sizeof(Pixel) == 1, 3 * h * w, h * w, w, 1};
        const std::ptrdiff_t step = layout == 2 ? 2 : 1;
        for (std::ptrdiff_t *stride : {&frames.frame, &frames.channel, &frames.row, &frames.column}) *stride *= step;
        pixels.resize(FRAMES * CHANNELS * height * width * static_cast<std::size_t>(step) -
                      static_cast<std::size_t>(step - 1));
        frames.data = pixels.data();
        std::mt19937 random(seed);
        for (std::size_t n = 0; n < FRAMES; ++n)
            for (std::size_t c = 0; c < CHANNELS; ++c)
                for (std::size_t y = 0; y < height; ++y)
                    for (std::size_t x = 0; x < width; ++x)
                        const_cast<Pixel &>(*here::pixels_at<Pixel>(frames, n, c, y, x)) =
                            static_cast<Pixel>(random() % 256);
    }
    std::vector<Pixel> pixels;
    Frames frames;
};

std::vector<double> everything(const FramePair &pair) {
    std::vector<double> results(2 + here::PRODUCTS);
    here::errors(pair, 1, 2, 0, pair.height, results.data());
    here::products(pair, 1, 0, pair.height, results.data() + 2);
    const std::vector<float> window = gaussian(11, 1.5);
    const SsimConstants ssim{window.data(), 6.5f, 58.5f};
    const std::vector<Level> levels = ssim_levels(pair.height, pair.width, 5);
    if (!levels.empty())
        for (double sum : sums_over_scales(
                 pair, CHANNELS, levels, MOST_FLOATS, THREADS, [](std::size_t) { return SSIM_REACH; },
                 [&](const ScaleWork &work, std::size_t plane, std::size_t level, std::size_t band, double *sums) {
                     here::ssim_band(work, ssim, plane, level, band, sums);
                 }))
            results.push_back(sum);
    if (std::min(pair.height, pair.width) < VIF_LEAST) return results;
    std::vector<float> taps;
    for (std::size_t size : VIF_SIZES)
        for (float tap : gaussian(size, static_cast<double>(size) / 5)) taps.push_back(tap);
    const float luma[3] = {0.299f, 0.587f, 0.114f};
    const VifConstants vif{taps.data(), luma, 2, 1e-10f, 2e-7f};
    for (double sum : sums_over_scales(
             pair, 1, vif_levels(pair.height, pair.width), MOST_FLOATS, THREADS,
             [](std::size_t level) { return VIF_SIZES[level] - 1; },
             [&](const ScaleWork &work, std::size_t plane, std::size_t level, std::size_t band, double *sums) {
                 here::vif_band(work, vif, plane, level, band, sums);
             }))
        results.push_back(sum);
    return results;
}

template <typename Pixel>
void measure(std::size_t height, std::size_t width) {
    std::vector<std::vector<double>> results;
    for (int layout : {0, 1, 2}) {
        const Noise<Pixel> x(height, width, layout, 1), y(height, width, layout, 2);
        results.push_back(everything({x.frames, y.frames, FRAMES, CHANNELS, height, width}));
    }
    require(results[0] == results[1] && results[0] == results[2], "a layout changes sums", height, width);
    for (double sum : results[0]) require(std::isfinite(sum), "a sum that is not finite", height, width);
}

void warp(std::size_t height, std::size_t width) {
    const std::size_t size = height * width;
    std::vector<std::int64_t> starts{0, 0};
    for (std::size_t level = 0; level < 5; ++level)
        starts.push_back(starts.back() + static_cast<std::int64_t>((height >> level) * (width >> level)));
    const auto floats = static_cast<std::size_t>(starts.back());
    std::vector<float> picture(3 * size, 0.5f), pyramid(3 * floats, 0.5f), motion(3 * size), out(3 * size);
    const float wild[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -3e38f, 0.1f,
                          -0.3f};
    for (float &value : motion) value = wild[source() % 5];
    here::warp({picture.data(), pyramid.data(), motion.data(), out.data(), starts.data(), 6, floats, height, width}, 0,
               0, height);
    for (float value : out)
        require(std::abs(value - 0.5f) < 1e-5f, "a grey picture that warps to another", height, width);
}

void blur(std::size_t height, std::size_t width) {
    const std::vector<float> taps = gaussian(11, 1.5), padded((height + 10) * (width + 10), 1.0f);
    std::vector<float> means(width + 10), out(height * width);
    here::blur(padded.data(), width, 0, height, taps.data(), means.data(), out.data());
    for (float value : out)
        require(std::abs(value - 1) < 1e-5f, "a white picture that blurs to another", height, width);
}

// What is in vectors of just the planes' size: noise against itself differs in nothing.
void differences(std::size_t height, std::size_t width) {
    const std::vector<float> taps{0.01f, 0.04f, 0.11f, 0.21f, 0.26f};
    std::vector<float> x(2 * height * width), y;
    for (float &value : x) value = static_cast<float>(source() % 256) / 256;
    y = x;
    const PlanePair planes{x.data(), y.data(), height, width};
    for (std::size_t plane = 0; plane < 2; ++plane)
        for (std::size_t band = 0; band < pieces_of(height, BAND_ROWS); ++band) {
            double sums[2 * DIFFERENCE_KINDS];
            here::difference_band(planes, taps.data(), 0.0009f, plane, band, sums);
            require(sums[0] < 1e-3 * static_cast<double>(width * BAND_ROWS), "structure of itself", height, width);
            for (std::size_t i = 2; i < 2 * DIFFERENCE_KINDS; ++i)
                require(sums[i] == 0, "edges of itself", height, width);
        }
}

void opsin_of_grey(std::size_t height, std::size_t width) {
    const std::size_t pixels = height * width;
    const std::vector<float> linear(3 * pixels, 0.125f);
    std::vector<float> out(3 * pixels);
    const OpsinConstants constants{{1, 0, 0, 0, 1, 0, 0, 0, 1}, 0, 0, 14, {0.25f, 0.5f, 0.75f}};
    here::opsin(linear.data(), constants, pixels, 0, pixels, out.data());
    const float expected[3] = {0.25f, 1, 0.75f};  // the cube root of an eighth is a half, of all three alike
    for (std::size_t i = 0; i < 3 * pixels; ++i)
        require(std::abs(out[i] - expected[i / pixels]) < 1e-6f, "grey in XYB", height, width);
}

void log2_is_as_good_as_float32() {
    for (double exponent = -7; exponent < 4; exponent += 0.0005) {
        const auto value = static_cast<float>(1 + std::pow(10, exponent));
        const double exact = std::log2(static_cast<double>(value)), ours = here::log2_of(here::all(value))[0];
        require(std::abs(ours - exact) <= 2e-7 + 1e-7 * exact, "a logarithm", 0, 0);
    }
    require(std::isnan(here::log2_of(here::all(std::numeric_limits<float>::quiet_NaN()))[0]), "the logarithm of NaN", 0,
            0);
}

float drawn_float() {  // of any exponent that products stay within
    const auto sign = source() % 2 ? -1.0f : 1.0f;
    return sign *
           std::ldexp(1 + std::ldexp(static_cast<float>(source() >> 9), -23), static_cast<int>(source() % 60) - 30);
}

void fused_rounds_once() {
    for (int i = 0; i < 1'000'000; ++i) {
        const float a = drawn_float(), b = drawn_float(), c = i % 2 ? drawn_float() : -a * b;
        require(here::fused(a, b, c) == std::fma(a, b, c), "a fused product and sum", 0, 0);
    }
    const float infinity = std::numeric_limits<float>::infinity();
    require(here::fused(infinity, 2, 1) == infinity && std::isnan(here::fused(infinity, 0, 1)), "infinity", 0, 0);
}

}  // namespace

int main() {
    const std::size_t sizes[][2] = {{1, 1},   {1, 301},  {300, 1},  {11, 11},  {12, 139},
                                    {41, 43}, {45, 146}, {75, 161}, {163, 165}};
    for (const auto &[height, width] : sizes) {
        measure<std::uint8_t>(height, width);
        measure<float>(height, width);
        blur(height, width);
        differences(height, width);
        opsin_of_grey(height, width);
    }
    for (std::size_t side : {16, 48}) warp(side, 32);
    log2_is_as_good_as_float32();
    fused_rounds_once();
    std::printf("%zu sizes\n", std::size(sizes));
}
