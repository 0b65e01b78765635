// Range coding by asymmetric numeral systems, byte for byte CompressAI's coder (1.2.6 to 1.2.8): the rules.
//
// A state x in [2^31, 2^63) starts at 2^31. Coding a bin of frequency f that starts at c takes x to
// (x / f) 2^16 + x % f + c; first, if x >= 2^47 f, its low 32 bits leave as a word. The encoder works from the last
// symbol to the first and ends with the state itself; a string is that state (low word, high word) and then the words,
// last written first, all little-endian. The decoder undoes each step. No symbols at all are 00000080 00000000.
//
// A value without a bin of its own is the escape bin, then a count of nibbles, then the nibbles of `raw`, least
// significant first, each pushed as 4 plain bits, where raw = -2v-1 for a v below the first bin and 2(v - escape) from
// the escape's own number on. CompressAI's encoder does not return for raw >= 2^28; here the rule goes on to 2^32 - 1.
//
// Several strings advance in turn within one loop, as its *lanes*: one string is a chain of dependent multiplications,
// and a core has room for several chains at once.

#pragma once

#include <cstddef>
#include <cstdint>

namespace ahc::rans {

constexpr std::uint64_t LOWEST = 1ull << 31;
constexpr std::uint64_t BEYOND = 1ull << 63;
constexpr std::uint32_t NIBBLE = 15;
constexpr std::uint32_t MOST_NIBBLES = 8;
constexpr std::size_t WORD = 4;
constexpr std::size_t HEAD = 2 * WORD;
constexpr std::size_t MOST_LANES = 4;  // measured: with more, registers spill and the gain is small

// What is wrong with an index or a string, and where: the string's number in its batch, the symbol's in its string.
struct Fault {
    std::size_t string, symbol;
    const char *what;
};

[[noreturn, gnu::cold, gnu::noinline]] inline void fail(std::size_t string, std::size_t symbol, const char *what) {
    throw Fault{string, symbol, what};
}

}  // namespace ahc::rans
