// The decoder's inner loop. The rules it follows are in rans.hpp. Every read of a string is checked against its end,
// and every symbol costs a bounded number of steps: a string that is not an encoder's ends in a Fault or in symbols.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "rans.hpp"
#include "rans_tables.hpp"

namespace ahc::rans {

// A string being read. For messages: its number, and how many symbols were read before the present loop.
struct Reader {
    std::uint64_t state;
    const char *at;
    const char *end;
    std::size_t string;
    std::size_t before;
};

// The tables of a string's next `count` symbols, and where these go.
struct Wanted {
    const std::int32_t *indexes;
    std::int32_t *symbols;
    std::size_t count;
};

struct DecodeLane {
    Reader from;
    Wanted to;
};

inline Reader start_reading(const char *bytes, std::size_t size, std::size_t string) {
    if (size < HEAD || size % WORD) fail(string, 0, "it is not a whole number of words, two at least");
    Reader from{0, bytes + HEAD, bytes + size, string, 0};
    std::memcpy(&from.state, bytes, HEAD);
    if (from.state < LOWEST || from.state >= BEYOND) fail(string, 0, "its first two words are no state of the coder");
    return from;
}

// An encoder starts at the lowest state, so a whole string that was read right ends there with nothing left over.
inline void finish_reading(const Reader &from) {
    if (from.at != from.end) fail(from.string, from.before, "words are left over at its end");
    if (from.state != LOWEST) fail(from.string, from.before, "its last state is not the one every encoder starts at");
}

[[gnu::always_inline]] inline void refill(Reader &from, std::size_t i) {
    if (from.state >= LOWEST) return;  // a branch: guessed right, it is off the chain of states
    if (from.at == from.end) [[unlikely]]
        fail(from.string, from.before + i, "the string ends in the middle");
    std::uint32_t word;
    std::memcpy(&word, from.at, WORD);
    from.state = from.state << 32 | word;
    from.at += WORD;
}

inline std::uint32_t pop_nibble(Reader &from, std::size_t i) {
    const auto nibble = static_cast<std::uint32_t>(from.state) & NIBBLE;
    from.state >>= 4;
    refill(from, i);
    return nibble;
}

// Value - offset in 32-bit arithmetic. By the format a count of 15 would go on in the next nibble, but no 32-bit value
// has more than 8 nibbles.
inline std::uint32_t pop_escaped(Reader &from, std::uint32_t escape, std::size_t i) {
    const std::uint32_t nibbles = pop_nibble(from, i);
    if (nibbles > MOST_NIBBLES) fail(from.string, from.before + i, "an escaped value has more than 32 bits");
    std::uint32_t raw = 0;
    for (std::uint32_t k = 0; k < nibbles; ++k) raw |= pop_nibble(from, i) << 4 * k;
    return raw & 1 ? ~(raw >> 1) : (raw >> 1) + escape;
}

struct Popped {
    Reader from;
    std::int32_t value;
};

// A symbol that its bucket does not settle: a bin further along, or an escape. `bin` is the slot's, at or before the
// symbol's own. Takes and gives readers by value, so that those of the inner loop stay in registers.
[[gnu::noinline]] inline Popped pop_slowly(const Tables &tables, std::uint32_t index, Reader from, std::uint32_t bin,
                                           std::size_t i) {
    const std::uint32_t *cdf = tables.cdf(index).data();
    const auto cumulative = static_cast<std::uint32_t>(from.state % TOTAL);
    while (cdf[bin + 1] <= cumulative) ++bin;
    from.state = (from.state >> PRECISION) * (cdf[bin + 1] - cdf[bin]) + cumulative - cdf[bin];
    refill(from, i);
    if (bin == tables.escape(index)) bin = pop_escaped(from, bin, i);
    return {from, static_cast<std::int32_t>(bin + static_cast<std::uint32_t>(tables.offset(index)))};
}

[[gnu::always_inline]] inline void pop_symbol(const Tables &tables, std::span<const DecodeTable> layouts, Reader &from,
                                              const Wanted &to, std::size_t i) {
    const auto index = static_cast<std::uint32_t>(to.indexes[i]);
    if (index >= layouts.size()) [[unlikely]]
        fail(from.string, from.before + i, "its index names no table");
    const DecodeTable &table = layouts[index];
    const auto cumulative = static_cast<std::uint32_t>(from.state % TOTAL);
    const std::uint32_t bucket = cumulative >> table.shift;
    const Slot first = table.firsts[bucket], second = table.seconds[bucket];
    const Slot slot = cumulative >= start_of(second) ? second : first;
    const std::uint32_t within = cumulative - start_of(slot);
    if (within >= frequency_of(slot)) [[unlikely]] {
        const auto bin = static_cast<std::uint32_t>(value_of(slot)) - static_cast<std::uint32_t>(tables.offset(index));
        const Popped popped = pop_slowly(tables, index, from, bin, i);
        from = popped.from;
        to.symbols[i] = popped.value;
        return;
    }
    from.state = (from.state >> PRECISION) * frequency_of(slot) + within;
    refill(from, i);
    to.symbols[i] = value_of(slot);
}

// Reads the symbols [begin, end) that are wanted of every lane.
template <std::size_t LANES>
void decode_lanes(const Tables &tables, DecodeLane *lanes, std::size_t begin, std::size_t end) {
    const std::span<const DecodeTable> layouts = tables.decode();
    Reader from[LANES];  // copies, so that the states stay in registers
    Wanted to[LANES];
    for (std::size_t k = 0; k < LANES; ++k) from[k] = lanes[k].from, to[k] = lanes[k].to;
    for (std::size_t i = begin; i < end; ++i)
#pragma GCC unroll 8
        for (std::size_t k = 0; k < LANES; ++k) pop_symbol(tables, layouts, from[k], to[k], i);
    for (std::size_t k = 0; k < LANES; ++k) lanes[k].from = from[k];
}

}  // namespace ahc::rans
