// RGB -> Y'CbCr 4:2:0 of 8 bits.

#pragma once

#include <algorithm>

#include "colour.hpp"

namespace ahc {

// libswscale's, with 15 bits behind the point: what a level of red, green and blue adds.
struct Weights {
    std::int32_t red, green, blue;
};

struct FromRgb {
    Weights y, cb, cr;
    bool full_range;
};

// Levels 16 and 128 with 15 bits behind the point, and half of what is shifted out.
constexpr std::int32_t BLACK = (16 << 15) + (1 << 8), NEUTRAL = (128 << 15) + (1 << 8);
constexpr std::int32_t LARGEST_WORD = 32767;

// From limited to full range, words with seven bits behind the point: factor and offset have 14 bits more. The largest
// level becomes 255; libswscale rounds the factor up, and lets no colour, 128, fall to 127 and a half.
struct Stretch {
    constexpr explicit Stretch(std::int32_t largest)
        : factor(((255 << 21) / (largest - 16) + 127) >> 7),
          offset((255 << 21) - (largest << 7) * factor + (1 << 13)) {}

    std::int32_t operator()(std::int32_t word) const { return std::min((word * factor + offset) >> 14, LARGEST_WORD); }

    std::int32_t factor, offset;
};
constexpr Stretch STRETCH_LUMA(235), STRETCH_CHROMA(240);

namespace {

// With six bits behind the point.
inline std::int32_t weighted(Sample red, Sample green, Sample blue, const Weights &by, std::int32_t start) {
    return (by.red * red + by.green * green + by.blue * blue + start) >> 9;
}

AHC_EVERY_MACHINE void luma_of(const Sample *__restrict red, const Sample *__restrict green,
                               const Sample *__restrict blue, std::size_t width, const FromRgb &of,
                               Sample *__restrict out) {
    const Weights by = of.y;
    if (of.full_range) {
        for (std::size_t i = 0; i < width; ++i) {
            const std::int32_t word = STRETCH_LUMA(2 * weighted(red[i], green[i], blue[i], by, BLACK));
            out[i] = static_cast<Sample>(std::clamp((word + 64) >> 7, 0, 255));
        }
    } else {
        for (std::size_t i = 0; i < width; ++i)
            out[i] = static_cast<Sample>((weighted(red[i], green[i], blue[i], by, BLACK) + 32) >> 6);
    }
}

// Chroma at every column, with six bits behind the point.
AHC_EVERY_MACHINE void chroma_of(const Sample *__restrict red, const Sample *__restrict green,
                                 const Sample *__restrict blue, std::size_t width, const Weights &weights,
                                 Word *__restrict out) {
    const Weights by = weights;
    for (std::size_t i = 0; i < width; ++i)
        out[i] = static_cast<Word>(weighted(red[i], green[i], blue[i], by, NEUTRAL));
}

// Every other column, with seven bits behind the point. On the left: chroma lies on the even columns.
AHC_EVERY_MACHINE void narrow_left(const Word *__restrict in, std::size_t half, Word *__restrict out) {
    for (std::size_t i = 0; i < half; ++i)
        out[i] = static_cast<Word>((in[2 * i - 1] + 2 * in[2 * i] + in[2 * i + 1]) >> 1);
}

// In the centre: chroma lies between two columns.
AHC_EVERY_MACHINE void narrow_centred(const Word *__restrict in, std::size_t half, Word *__restrict out) {
    for (std::size_t i = 0; i < half; ++i)
        out[i] = static_cast<Word>((in[2 * i - 1] + 3 * (in[2 * i] + in[2 * i + 1]) + in[2 * i + 2]) >> 2);
}

AHC_EVERY_MACHINE void stretch_chroma(Word *__restrict row, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) row[i] = static_cast<Word>(STRETCH_CHROMA(row[i]));
}

// Four rows down the columns, weighted 1, 3, 3, 1; rounded to levels.
AHC_EVERY_MACHINE void mix_down(const Word *__restrict a, const Word *__restrict b, const Word *__restrict c,
                                const Word *__restrict d, std::size_t width, Sample *__restrict out) {
    for (std::size_t i = 0; i < width; ++i)
        out[i] = static_cast<Sample>(std::clamp((a[i] + 3 * (b[i] + c[i]) + d[i] + 512) >> 10, 0, 255));
}

// One plane of chroma: rows of RGB go in from above, and what a row of chroma needs is kept.
class ChromaPlane {
  public:
    ChromaPlane(const Weights &weights, bool full_range, bool centred, std::size_t width, const Plane<Sample> &out)
        : weights_(weights), full_range_(full_range), narrow_(centred ? narrow_centred : narrow_left), out_(out),
          every_column_(width), kept_{Row(out.width), Row(out.width), Row(out.width), Row(out.width)} {}

    void push(const Sample *red, const Sample *green, const Sample *blue, std::size_t width) {
        Row &row = kept_[pushed_++ % 4];
        chroma_of(red, green, blue, width, weights_, every_column_.data());
        every_column_.repeat_ends();
        narrow_(every_column_.data(), out_.width, row.data());
        if (full_range_) stretch_chroma(row.data(), out_.width);
        if (pushed_ >= 3 && pushed_ % 2) write_next();
    }

    void finish() { write_next(); }

  private:
    void write_next() {
        const std::size_t row = 2 * written_;
        mix_down(kept(row == 0 ? 0 : row - 1), kept(row), kept(row + 1), kept(row + 2), out_.width, out_.row(written_));
        ++written_;
    }

    // The row of that number, or the last one.
    const Word *kept(std::size_t number) const { return kept_[std::min(number, pushed_ - 1) % 4].data(); }

    Weights weights_;
    bool full_range_;
    void (*narrow_)(const Word *, std::size_t, Word *);
    Plane<Sample> out_;
    Row every_column_;
    std::array<Row, 4> kept_;
    std::size_t pushed_ = 0, written_ = 0;
};

}  // namespace

// in: three planes [H, W]. out: Y [H, W], Cb and Cr [ceil(H / 2), ceil(W / 2)].
inline void from_rgb(const Planes<const Sample> &in, const FromRgb &of, bool centred, const Planes<Sample> &out) {
    const std::size_t height = in[0].height, width = in[0].width;
    ChromaPlane cb(of.cb, of.full_range, centred, width, out[1]), cr(of.cr, of.full_range, centred, width, out[2]);
    for (std::size_t y = 0; y < height; ++y) {
        const Sample *red = in[0].row(y), *green = in[1].row(y), *blue = in[2].row(y);
        luma_of(red, green, blue, width, of, out[0].row(y));
        cb.push(red, green, blue, width);
        cr.push(red, green, blue, width);
    }
    cb.finish();
    cr.finish();
}

}  // namespace ahc
