// The encoder's inner loop. The rules it follows are in rans.hpp.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "rans.hpp"
#include "rans_tables.hpp"

namespace ahc::rans {

// A string on its way from its end to its start. `doubled` is 2x (see Bin); `at` is the word written last.
struct Writer {
    std::uint64_t doubled;
    std::uint32_t *at;
};

// One string's symbols and their tables; `count` of them remain to be written.
struct Message {
    const std::int32_t *symbols;
    const std::int32_t *indexes;
    std::size_t count;
    std::size_t string;
};

struct EncodeLane {
    Writer to;
    Message from;
};

// Two words a symbol hold its 16 + 9 x 4 bits and more than all rounding; two more hold the state.
inline std::size_t most_words(std::size_t symbols) { return 2 * symbols + 4; }

inline Writer start_writing(std::uint32_t *end) { return {2 * LOWEST, end}; }

inline void finish_writing(Writer &to) {
    const std::uint64_t state = to.doubled >> 1;
    to.at -= 2;
    std::memcpy(to.at, &state, HEAD);
}

inline void drop_word(Writer &to) {
    *--to.at = static_cast<std::uint32_t>(to.doubled >> 1);
    to.doubled = to.doubled >> 33 << 1;
}

[[gnu::always_inline]] inline void push(Writer &to, const Bin &bin) {
    if (to.doubled >> 48 > bin.highest) drop_word(to);  // a branch: guessed right, it is off the chain of states
    const auto product = static_cast<unsigned __int128>(to.doubled) * bin.reciprocal;
    const std::uint64_t quotient = static_cast<std::uint64_t>(product >> 64) >> bin.shift;
    const std::uint64_t complement = TOTAL - 1 - bin.highest;  // 65536 - f
    to.doubled = to.doubled + bin.doubled_start + 2 * (quotient * complement);  // the product waits for nothing else
}

inline void push_nibble(Writer &to, std::uint32_t nibble) {
    if (to.doubled >> 60) drop_word(to);
    to.doubled = to.doubled << 4 | nibble << 1;
}

// All that follows the escape bin. `bin` is value - offset in 32-bit arithmetic, a negative v as 2^32 + v.
[[gnu::noinline]] inline Writer push_escaped(Writer to, std::uint32_t bin, std::uint32_t escape) {
    const std::uint32_t raw = static_cast<std::int32_t>(bin) < 0 ? -2 * bin - 1 : 2 * (bin - escape);
    const std::uint32_t nibbles = (static_cast<std::uint32_t>(std::bit_width(raw)) + 3) / 4;
    for (std::uint32_t i = nibbles; i-- > 0;) push_nibble(to, raw >> 4 * i & NIBBLE);
    push_nibble(to, nibbles);
    return to;
}

[[gnu::always_inline]] inline void push_symbol(std::span<const EncodeTable> tables, Writer &to, const Message &from,
                                               std::size_t i) {
    const auto index = static_cast<std::uint32_t>(from.indexes[i]);
    if (index >= tables.size()) [[unlikely]]
        fail(from.string, i, "its index names no table");
    const EncodeTable &table = tables[index];
    std::uint32_t bin = static_cast<std::uint32_t>(from.symbols[i]) - static_cast<std::uint32_t>(table.offset);
    if (bin >= table.escape) [[unlikely]] {
        to = push_escaped(to, bin, table.escape);
        bin = table.escape;
    }
    push(to, table.bins[bin]);
}

// Writes the last `count` symbols of what remains of every lane.
template <std::size_t LANES>
void encode_lanes(std::span<const EncodeTable> tables, EncodeLane *lanes, std::size_t count) {
    Writer to[LANES];  // copies, so that the states stay in registers
    Message from[LANES];
    for (std::size_t k = 0; k < LANES; ++k) to[k] = lanes[k].to, from[k] = lanes[k].from;
    for (std::size_t done = 1; done <= count; ++done)
#pragma GCC unroll 8
        for (std::size_t k = 0; k < LANES; ++k) push_symbol(tables, to[k], from[k], from[k].count - done);
    for (std::size_t k = 0; k < LANES; ++k) lanes[k].to = to[k], lanes[k].from.count -= count;
}

}  // namespace ahc::rans
