// XXH64 (Yann Collet's published specification) of a buffer of 32-bit symbols.
//
// A bitstream carries this number for the symbols its encoder coded; the decoder computes it again from the
// symbols it read. One wrong CDF index desynchronises a range coder for the rest of its string, so comparing
// one number per coded unit is enough to turn a garbage picture into an error.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "bindings.hpp"

namespace nb = nanobind;

namespace {

constexpr std::uint64_t P1 = 0x9E3779B185EBCA87ull;
constexpr std::uint64_t P2 = 0xC2B2AE3D27D4EB4Full;
constexpr std::uint64_t P3 = 0x165667B19E3779F9ull;
constexpr std::uint64_t P4 = 0x85EBCA77C2B2AE63ull;
constexpr std::uint64_t P5 = 0x27D4EB2F165667C5ull;

static_assert(std::endian::native == std::endian::little, "the checksum reads words as little-endian");

template <typename Word>
Word load(const unsigned char *at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

std::uint64_t round_lane(std::uint64_t lane, std::uint64_t word) { return std::rotl(lane + word * P2, 31) * P1; }

std::uint64_t merge_lane(std::uint64_t hash, std::uint64_t lane) { return (hash ^ round_lane(0, lane)) * P1 + P4; }

// Four independent lanes of 8 bytes each, folded into one word.
std::uint64_t hash_stripes(const unsigned char *&at, const unsigned char *end, std::uint64_t seed) {
    std::uint64_t lane[4] = {seed + P1 + P2, seed + P2, seed, seed - P1};
    for (; end - at >= 32; at += 32)
        for (int k = 0; k < 4; ++k) lane[k] = round_lane(lane[k], load<std::uint64_t>(at + 8 * k));
    std::uint64_t hash =
        std::rotl(lane[0], 1) + std::rotl(lane[1], 7) + std::rotl(lane[2], 12) + std::rotl(lane[3], 18);
    for (std::uint64_t each : lane) hash = merge_lane(hash, each);
    return hash;
}

std::uint64_t hash_tail(std::uint64_t hash, const unsigned char *at, const unsigned char *end) {
    for (; end - at >= 8; at += 8) hash = std::rotl(hash ^ round_lane(0, load<std::uint64_t>(at)), 27) * P1 + P4;
    for (; end - at >= 4; at += 4) hash = std::rotl(hash ^ (load<std::uint32_t>(at) * P1), 23) * P2 + P3;
    return hash;  // symbols are 4 bytes each, so nothing shorter remains
}

std::uint64_t avalanche(std::uint64_t hash) {
    hash = (hash ^ (hash >> 33)) * P2;
    hash = (hash ^ (hash >> 29)) * P3;
    return hash ^ (hash >> 32);
}

using Symbols = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

std::uint64_t symbol_checksum(Symbols symbols, std::uint64_t seed) {
    nb::gil_scoped_release unlocked;
    const auto *at = reinterpret_cast<const unsigned char *>(symbols.data());
    const std::size_t size = symbols.size() * sizeof(std::int32_t);
    const unsigned char *end = at + size;
    std::uint64_t hash = size >= 32 ? hash_stripes(at, end, seed) : seed + P5;
    return avalanche(hash_tail(hash + size, at, end));
}

}  // namespace

void bind_checksum(nb::module_ &m) {
    m.def("symbol_checksum", &symbol_checksum, nb::arg("symbols"), nb::arg("seed") = 0,
          "XXH64 of a contiguous one-dimensional int32 buffer on the CPU, read as little-endian bytes.");
}
