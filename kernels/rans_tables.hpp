// The cumulative distributions of a range coder, laid out once for the encoder's and the decoder's inner loops.
//
// A table is a list of bins whose frequencies sum to 65536; its last bin is the escape. See rans.hpp for the coder's
// rules and for the letters x (state) and f (frequency).

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace ahc::rans {

static_assert(std::endian::native == std::endian::little, "strings and slots are read as little-endian words");

constexpr std::uint32_t PRECISION = 16;
constexpr std::size_t CACHE_LINE = 64;
constexpr std::uint32_t TOTAL = 1u << PRECISION;

// One bin as the encoder uses it: the quotient of a state by f becomes a multiplication and a shift.
//
// With s = ceil(log2 f) and m = ceil(2^(63+s) / f), the error e = m f - 2^(63+s) lies in [0, f). For x < 2^63,
// floor(x m / 2^(63+s)) = floor(x/f + x e / (f 2^(63+s))), and that is floor(x/f) as x e < 2^63 f <= 2^(63+s).
// The encoder holds y = 2x, so the quotient is the high half of y m, shifted by s: m < 2^64 for every f, 1 included.
struct Bin {
    std::uint64_t reciprocal;     // m
    std::uint32_t doubled_start;  // twice the cumulative frequency below the bin
    std::uint16_t highest;        // f - 1, so that f = 65536 fits
    std::uint16_t shift;          // s
};

inline Bin make_bin(std::uint32_t start, std::uint32_t frequency) {
    const auto shift = static_cast<std::uint32_t>(std::bit_width(frequency - 1));
    const auto power = static_cast<unsigned __int128>(1) << (63 + shift);
    return {static_cast<std::uint64_t>((power + frequency - 1) / frequency), 2 * start,
            static_cast<std::uint16_t>(frequency - 1), static_cast<std::uint16_t>(shift)};
}

// One bin as the decoder uses it, in one word: value << 32 | start << 16 | frequency. The escape bin has frequency 0,
// so that the test `cumulative - start < frequency`, which every symbol makes, sends it the long way round.
using Slot = std::uint64_t;

inline Slot make_slot(std::int32_t value, std::uint32_t start, std::uint32_t frequency) {
    return static_cast<Slot>(static_cast<std::uint32_t>(value)) << 32 | start << 16 | frequency;
}
inline std::uint32_t frequency_of(Slot slot) { return static_cast<std::uint16_t>(slot); }
inline std::uint32_t start_of(Slot slot) { return static_cast<std::uint16_t>(slot >> 16); }
inline std::int32_t value_of(Slot slot) { return static_cast<std::int32_t>(slot >> 32); }

// A table's 65536 cumulative values fall into 2^k buckets, k as small as leaves all but 1/32 of its probability to the
// first two bins that each bucket touches. (Tables of 65536 entries would not fit a core's cache. Of the k and shares
// measured on 64 Gaussian tables, these two were the fastest: 320 KB in all, 16 bytes for the narrowest Gaussian.)
constexpr std::uint32_t MOST_BUCKET_BITS = 10;
constexpr std::uint32_t UNRESOLVED_AT_MOST = TOTAL / 32;

struct EncodeTable {
    const Bin *bins;
    std::int32_t offset;   // value of bin 0
    std::uint32_t escape;  // number of the escape bin = number of values that have a bin
};

struct DecodeTable {
    const Slot *firsts;   // of each bucket, the first bin
    const Slot *seconds;  // and the one after it, or the first again where that fills the bucket
    std::uint32_t shift;  // bucket of a cumulative value c: c >> shift
};

class Tables {
   public:
    // `cdfs` is count x width; row i holds lengths[i] >= 2 cumulative frequencies: 0, strictly increasing, 65536.
    Tables(const std::int32_t *cdfs, std::size_t width, std::span<const std::int32_t> lengths,
           std::span<const std::int32_t> offsets) {
        for (std::size_t i = 0; i < lengths.size(); ++i) add_row(i, cdfs + i * width, width, lengths[i], offsets[i]);
        point_into_rows();
    }
    Tables(const Tables &) = delete;  // the tables point into this object's own rows
    Tables &operator=(const Tables &) = delete;

    std::size_t count() const { return rows_.size(); }
    std::span<const EncodeTable> encode() const { return encode_; }
    std::span<const DecodeTable> decode() const { return decode_; }
    std::int32_t offset(std::size_t table) const { return encode_[table].offset; }
    std::uint32_t escape(std::size_t table) const { return encode_[table].escape; }
    // Ask for all bins, or buckets, before the first is needed: after other work, each one that is touched first would
    // cost a trip to memory, and which bucket comes next is known only once a symbol is decoded.
    void prefetch_bins() const { prefetch(bins_); }
    void prefetch_buckets() const {
        prefetch(firsts_);
        prefetch(seconds_);
    }
    std::span<const std::uint32_t> cdf(std::size_t table) const { return rows_[table].cdf; }

   private:
    struct Row {
        std::vector<std::uint32_t> cdf;
        std::int32_t offset;
        std::size_t first_bin, first_bucket;
        std::uint32_t bucket_bits;
    };

    template <typename Entry>
    static void prefetch(const std::vector<Entry> &entries) {
        for (std::size_t i = 0; i < entries.size(); i += CACHE_LINE / sizeof(Entry)) __builtin_prefetch(&entries[i]);
    }

    void add_row(std::size_t number, const std::int32_t *cdf, std::size_t width, std::int32_t length,
                 std::int32_t offset) {
        check_row(number, cdf, width, length);
        Row row{{cdf, cdf + length}, offset, bins_.size(), firsts_.size(), 0};
        for (std::size_t i = 0; i + 1 < row.cdf.size(); ++i)
            bins_.push_back(make_bin(row.cdf[i], row.cdf[i + 1] - row.cdf[i]));
        row.bucket_bits = enough_bits(row.cdf);
        for (std::uint32_t low = 0; low < TOTAL; low += TOTAL >> row.bucket_bits) add_bucket(row, low);
        rows_.push_back(std::move(row));
    }

    static void check_row(std::size_t number, const std::int32_t *cdf, std::size_t width, std::int32_t length) {
        const std::string where = "table " + std::to_string(number) + ": ";
        if (length < 2 || static_cast<std::size_t>(length) > width)
            throw std::invalid_argument(where + "its length " + std::to_string(length) + " is not within [2, " +
                                        std::to_string(width) + "]");
        if (cdf[0] != 0) throw std::invalid_argument(where + "it starts at " + std::to_string(cdf[0]) + ", not at 0");
        for (std::int32_t i = 1; i < length; ++i)
            if (cdf[i] <= cdf[i - 1])
                throw std::invalid_argument(where + "it does not increase at entry " + std::to_string(i) +
                                            ", so a symbol has no frequency");
        if (cdf[length - 1] != static_cast<std::int32_t>(TOTAL))
            throw std::invalid_argument(where + "it ends at " + std::to_string(cdf[length - 1]) + ", not at 65536");
    }

    static std::uint32_t enough_bits(const std::vector<std::uint32_t> &cdf) {
        std::uint32_t bits = 0;
        while (bits < MOST_BUCKET_BITS && unresolved(cdf, bits) > UNRESOLVED_AT_MOST) ++bits;
        return bits;
    }

    // How many cumulative values lie in neither of the first two bins of their bucket.
    static std::uint32_t unresolved(const std::vector<std::uint32_t> &cdf, std::uint32_t bits) {
        std::uint32_t values = 0;
        const std::uint32_t step = TOTAL >> bits;
        for (std::uint32_t low = 0; low < TOTAL; low += step) {
            const std::size_t first = bin_at(cdf, low);
            if (first + 2 < cdf.size()) values += low + step - std::min(low + step, cdf[first + 2]);
        }
        return values;
    }

    static std::size_t bin_at(const std::vector<std::uint32_t> &cdf, std::uint32_t cumulative) {
        return static_cast<std::size_t>(std::upper_bound(cdf.begin(), cdf.end(), cumulative) - cdf.begin()) - 1;
    }

    void add_bucket(const Row &row, std::uint32_t low) {
        const std::size_t first = bin_at(row.cdf, low);
        const bool alone = row.cdf[first + 1] >= low + (TOTAL >> row.bucket_bits);
        firsts_.push_back(slot(row, first));
        seconds_.push_back(slot(row, alone ? first : first + 1));
    }

    static Slot slot(const Row &row, std::size_t bin) {
        const bool escape = bin + 2 == row.cdf.size();
        const auto value = static_cast<std::uint32_t>(row.offset) + static_cast<std::uint32_t>(bin);  // may wrap
        return make_slot(static_cast<std::int32_t>(value), row.cdf[bin],
                         escape ? 0 : row.cdf[bin + 1] - row.cdf[bin]);
    }

    void point_into_rows() {
        for (const Row &row : rows_) {
            encode_.push_back(
                {bins_.data() + row.first_bin, row.offset, static_cast<std::uint32_t>(row.cdf.size() - 2)});
            decode_.push_back({firsts_.data() + row.first_bucket, seconds_.data() + row.first_bucket,
                               PRECISION - row.bucket_bits});
        }
    }

    std::vector<Row> rows_;
    std::vector<Bin> bins_;
    std::vector<Slot> firsts_, seconds_;
    std::vector<EncodeTable> encode_;
    std::vector<DecodeTable> decode_;
};

}  // namespace ahc::rans
