// What both directions of colour conversion share: planes, rows of words, and code for several instruction sets.
//
// The arithmetic is that of FFmpeg's libswscale on its accurate path (bilinear, accurate_rnd, full_chroma_int,
// full_chroma_inp, bitexact), to the last bit: `tests/kernels/test_colour.py`. It carries samples in words of 15 bits,
// filters them with weights that are quarters and eighths for 4:2:0, and multiplies by coefficients of 13 or 15 bits.
// Sums are taken in whatever order is fastest, for they are exact; where libswscale shifts bits out, so do we.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

// A marked function is compiled for several instruction sets; which one runs is decided when the module is loaded.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && __GNUC__ >= 12 && !defined(AHC_ONE_MACHINE)
#define AHC_EVERY_MACHINE [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define AHC_EVERY_MACHINE
#endif

namespace ahc {

using Sample = std::uint8_t;
using Word = std::int16_t;

// Samples of a picture. `stride`: elements from one row to the next.
template <typename T>
struct Plane {
    T *data;
    std::size_t height, width;
    std::ptrdiff_t stride;

    T *row(std::size_t number) const { return data + static_cast<std::ptrdiff_t>(number) * stride; }
};

// Y, Cb and Cr of 4:2:0, or R, G and B.
template <typename T>
using Planes = std::array<Plane<T>, 3>;

// A row of words with room for neighbours of its ends: one in front, two behind.
class Row {
  public:
    explicit Row(std::size_t width) : width_(width), words_(width + 3) {}

    Word *data() { return words_.data() + 1; }
    const Word *data() const { return words_.data() + 1; }

    // Makes the neighbours of the ends like the ends.
    void repeat_ends() {
        data()[-1] = data()[0];
        data()[width_] = data()[width_ + 1] = data()[width_ - 1];
    }

  private:
    std::size_t width_;
    std::vector<Word> words_;
};

}  // namespace ahc
