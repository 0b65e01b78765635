// Colour conversion on its own, to be compiled with a sanitizer and run: pictures of one pixel a side and somewhat more,
// in memory of exactly their size.

#define AHC_ONE_MACHINE  // sanitizers and functions that are picked at load time do not go together

#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "colour_from_rgb.hpp"
#include "colour_to_rgb.hpp"

namespace {

using ahc::Plane, ahc::Planes, ahc::Sample;

constexpr ahc::ToRgb TO_RGB{256, 9539, 13752, -1535, -5328, 17545};
constexpr ahc::Weights Y{7393, 19080, 1669}, CB{-4019, -10373, 14392}, CR{14392, -13235, -1158};

std::mt19937 source(1);

std::vector<Sample> noise(std::size_t count) {
    std::vector<Sample> samples(count);
    for (Sample &sample : samples) sample = static_cast<Sample>(source());
    return samples;
}

template <typename T>
Plane<T> plane(std::vector<Sample> &samples, std::size_t height, std::size_t width) {
    return {samples.data(), height, width, static_cast<std::ptrdiff_t>(width)};
}

void there_and_back(std::size_t height, std::size_t width, bool centred, bool full_range) {
    const std::size_t rows = (height + 1) / 2, columns = (width + 1) / 2;
    std::vector<Sample> y = noise(height * width), cb = noise(rows * columns), cr = noise(rows * columns);
    std::vector<Sample> red(y.size()), green(y.size()), blue(y.size());
    ahc::to_rgb({plane<const Sample>(y, height, width), plane<const Sample>(cb, rows, columns),
                 plane<const Sample>(cr, rows, columns)},
                TO_RGB, centred,
                {plane<Sample>(red, height, width), plane<Sample>(green, height, width),
                 plane<Sample>(blue, height, width)});
    ahc::from_rgb({plane<const Sample>(red, height, width), plane<const Sample>(green, height, width),
                   plane<const Sample>(blue, height, width)},
                  {Y, CB, CR, full_range}, centred,
                  {plane<Sample>(y, height, width), plane<Sample>(cb, rows, columns),
                   plane<Sample>(cr, rows, columns)});
}

}  // namespace

int main() {
    int sizes = 0;
    for (std::size_t height = 1; height <= 9; ++height)
        for (std::size_t width : {1, 2, 3, 4, 5, 16, 17, 63, 64, 65}) {
            for (int kind = 0; kind < 4; ++kind) there_and_back(height, width, kind & 1, kind & 2);
            ++sizes;
        }
    std::printf("%d sizes\n", sizes);
}
