// Many strings at once: in groups of a few lanes per loop, the groups over threads.
//
// How strings are grouped changes the time and nothing else: each string has its own state.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parallel.hpp"
#include "rans_decode.hpp"
#include "rans_encode.hpp"

namespace ahc::rans {

// Strings a batch is made of: string s has the symbols [bounds[s], bounds[s + 1]) of flat buffers.
using Bounds = std::span<const std::int64_t>;

inline std::size_t strings_in(Bounds bounds) { return bounds.size() - 1; }

inline std::size_t length_of(Bounds bounds, std::size_t string) {
    return static_cast<std::size_t>(bounds[string + 1] - bounds[string]);
}

// The numbers of the strings, longest first: long ones start early, and the lanes of a group are of like lengths.
inline std::vector<std::size_t> by_length(Bounds bounds) {
    std::vector<std::size_t> order(strings_in(bounds));
    for (std::size_t s = 0; s < order.size(); ++s) order[s] = s;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return length_of(bounds, a) > length_of(bounds, b); });
    return order;
}

constexpr std::size_t WORTH_A_THREAD = 1 << 14;  // symbols: they take at least twice as long as a thread to start

constexpr std::size_t WORTH_PREFETCHING = 1 << 13;  // symbols: about as many as 64 Gaussian tables have lines

// Calls work(the strings of one group) for all groups; they are wide, but not at the price of an idle thread.
template <typename Work>
void for_each_group(Bounds bounds, std::size_t most_threads, const Work &work) {
    const std::vector<std::size_t> order = by_length(bounds);
    const std::span<const std::size_t> strings(order);
    const std::size_t threads = std::min(most_threads, static_cast<std::size_t>(bounds.back()) / WORTH_A_THREAD + 1);
    const std::size_t share = (strings.size() + threads - 1) / threads;
    const std::size_t width = std::clamp<std::size_t>(share, 1, MOST_LANES);
    for_each_piece((strings.size() + width - 1) / width, threads, [&](std::size_t group) {
        work(strings.subspan(group * width, std::min(width, strings.size() - group * width)));
    });
}

// work.operator()<n>() for n = `lanes`, so that each width of a loop is compiled by itself.
template <typename Work>
void with_width(std::size_t lanes, const Work &work) {
    static_assert(MOST_LANES == 4);
    switch (lanes) {
        case 1: return work.template operator()<1>();
        case 2: return work.template operator()<2>();
        case 3: return work.template operator()<3>();
        default: return work.template operator()<4>();
    }
}

// Lanes are in order of length, the longest first: all run until the last is done, then all but that one, and so on.
inline void encode_all(const Tables &tables, std::span<EncodeLane> lanes) {
    for (std::size_t running = lanes.size(); running > 0; --running)
        with_width(running, [&]<std::size_t N>() {
            encode_lanes<N>(tables.encode(), lanes.data(), lanes[running - 1].from.count);
        });
}

inline void decode_all(const Tables &tables, std::span<DecodeLane> lanes) {
    std::size_t done = 0;
    for (std::size_t running = lanes.size(); running > 0; --running) {
        const std::size_t end = lanes[running - 1].to.count;
        with_width(running, [&]<std::size_t N>() { decode_lanes<N>(tables, lanes.data(), done, end); });
        done = end;
    }
}

inline void encode_group(const Tables &tables, const std::int32_t *symbols, const std::int32_t *indexes, Bounds bounds,
                         std::span<const std::size_t> group, std::string *strings) {
    if (length_of(bounds, group.front()) >= WORTH_PREFETCHING) tables.prefetch_bins();
    std::vector<EncodeLane> lanes;
    std::vector<std::unique_ptr<std::uint32_t[]>> buffers;
    std::vector<const std::uint32_t *> ends;
    for (const std::size_t s : group) {
        const std::size_t count = length_of(bounds, s), words = most_words(count);
        buffers.push_back(std::make_unique_for_overwrite<std::uint32_t[]>(words));
        ends.push_back(buffers.back().get() + words);
        lanes.push_back({start_writing(buffers.back().get() + words),
                         {symbols + bounds[s], indexes + bounds[s], count, s}});
    }
    encode_all(tables, lanes);
    for (std::size_t k = 0; k < lanes.size(); ++k) {
        finish_writing(lanes[k].to);
        strings[group[k]].assign(reinterpret_cast<const char *>(lanes[k].to.at),
                                 reinterpret_cast<const char *>(ends[k]));
    }
}

inline std::vector<std::string> encode(const Tables &tables, const std::int32_t *symbols, const std::int32_t *indexes,
                                       Bounds bounds, std::size_t threads) {
    std::vector<std::string> strings(strings_in(bounds));
    for_each_group(bounds, threads, [&](std::span<const std::size_t> group) {
        encode_group(tables, symbols, indexes, bounds, group, strings.data());
    });
    return strings;
}

// Reads on in every reader: string s's next symbols go to [bounds[s], bounds[s + 1]) of `symbols`. On a Fault the
// readers of the group that had it stay where they were.
inline void decode(const Tables &tables, std::span<Reader> readers, const std::int32_t *indexes, std::int32_t *symbols,
                   Bounds bounds, std::size_t threads) {
    for_each_group(bounds, threads, [&](std::span<const std::size_t> group) {
        if (length_of(bounds, group.front()) >= WORTH_PREFETCHING) tables.prefetch_buckets();
        std::vector<DecodeLane> lanes;
        for (const std::size_t s : group)
            lanes.push_back({readers[s], {indexes + bounds[s], symbols + bounds[s], length_of(bounds, s)}});
        decode_all(tables, lanes);
        for (std::size_t k = 0; k < lanes.size(); ++k) {
            readers[group[k]] = lanes[k].from;
            readers[group[k]].before += lanes[k].to.count;
        }
    });
}

inline std::vector<Reader> start_all(std::span<const std::string_view> strings) {
    std::vector<Reader> readers;
    for (const std::string_view string : strings)
        readers.push_back(start_reading(string.data(), string.size(), readers.size()));
    return readers;
}

inline void finish_all(std::span<const Reader> readers) {
    for (const Reader &reader : readers) finish_reading(reader);
}

}  // namespace ahc::rans
