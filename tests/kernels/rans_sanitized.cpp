// The range coder on its own, to be compiled with a sanitizer and run: coded, read back, read damaged, in buffers of
// exactly the size they need. Prints the first thing that is wrong and exits with 1.

#include "rans_batch.hpp"

#include <cstdio>
#include <cstdlib>
#include <random>

using namespace ahc::rans;

namespace {

std::mt19937_64 source(1);

std::uint64_t draw(std::uint64_t below) { return source() % below; }

void require(bool held, const char *what) {
    if (held) return;
    std::printf("wrong: %s\n", what);
    std::exit(1);
}

// x / f for the states a bin can meet, at the edges of each quotient and in between, by multiplication and by division.
void check_every_frequency() {
    for (std::uint32_t f = 1; f <= TOTAL; ++f) {
        const Bin bin = make_bin(TOTAL - f, f);
        const std::uint64_t most = (static_cast<std::uint64_t>(f) << 47) - 1;
        const std::uint64_t near = most - most % f;
        for (std::uint64_t x : {LOWEST, most, near, near - 1, near - f, draw(most - LOWEST) + LOWEST}) {
            if (x < LOWEST) continue;
            Writer to{2 * x, nullptr};
            push(to, bin);
            require(to.doubled / 2 == (x / f << 16) + x % f + TOTAL - f, "a state after one push");
        }
    }
}

struct Case {
    std::vector<std::int32_t> cdfs, lengths, offsets, symbols, indexes;
    std::vector<std::int64_t> bounds{0};
    std::size_t width;
};

std::vector<std::int32_t> random_row(std::size_t bins) {
    std::vector<std::int32_t> row{0, static_cast<std::int32_t>(TOTAL)};
    for (std::size_t i = 1; i < bins; ++i) row.push_back(1 + static_cast<std::int32_t>(draw(TOTAL - 1)));
    std::sort(row.begin(), row.end());
    row.erase(std::unique(row.begin(), row.end()), row.end());
    return row;
}

Case random_case() {
    Case made;
    made.width = 1 + (draw(4) ? 40 : 3000);
    const std::size_t tables = 1 + draw(4);
    for (std::size_t i = 0; i < tables; ++i) {
        std::vector<std::int32_t> row = random_row(1 + draw(made.width - 1));
        made.lengths.push_back(static_cast<std::int32_t>(row.size()));
        made.offsets.push_back(draw(8) ? -static_cast<std::int32_t>(draw(50)) : static_cast<std::int32_t>(source()));
        row.resize(made.width);
        made.cdfs.insert(made.cdfs.end(), row.begin(), row.end());
    }
    const std::uint64_t longest = draw(20) ? 100 : 4 * WORTH_A_THREAD / 5;  // the latter in threads, mostly
    for (std::size_t s = draw(8); s > 0; --s)
        made.bounds.push_back(made.bounds.back() + static_cast<std::int64_t>(draw(draw(4) ? longest : 10)));
    const std::uint64_t span = draw(4) ? made.width : 1ull << 32;  // all of 32 bits: nearly all escape
    for (std::int64_t i = 0; i < made.bounds.back(); ++i) {
        made.symbols.push_back(static_cast<std::int32_t>(draw(span) - span / 2));
        made.indexes.push_back(static_cast<std::int32_t>(draw(tables)));
    }
    return made;
}

using Exact = std::vector<std::vector<char>>;  // each string in an allocation of its own: one byte too far is seen

// The symbols read in `steps` steps, or nothing on a fault.
std::vector<std::int32_t> read(const Tables &tables, const Exact &strings, const Case &from, std::size_t steps,
                               std::size_t threads) {
    std::vector<std::int32_t> symbols(from.symbols.size());
    std::vector<std::string_view> views;
    for (const std::vector<char> &string : strings) views.emplace_back(string.data(), string.size());
    std::vector<Reader> readers = start_all(views);
    for (std::size_t step = 0; step < steps; ++step) {
        std::vector<std::int32_t> indexes;
        std::vector<std::int64_t> part{0}, first;
        for (std::size_t s = 0; s < strings.size(); ++s) {
            const std::size_t length = length_of(from.bounds, s);
            const auto low = from.bounds[s] + static_cast<std::int64_t>(length * step / steps);
            const auto high = from.bounds[s] + static_cast<std::int64_t>(length * (step + 1) / steps);
            indexes.insert(indexes.end(), from.indexes.begin() + low, from.indexes.begin() + high);
            part.push_back(part.back() + high - low);
            first.push_back(low);
        }
        std::vector<std::int32_t> out(indexes.size());
        decode(tables, readers, indexes.data(), out.data(), part, threads);
        for (std::size_t s = 0; s < strings.size(); ++s)
            std::copy(out.begin() + part[s], out.begin() + part[s + 1], symbols.begin() + first[s]);
    }
    finish_all(readers);
    return symbols;
}

void damage(std::vector<char> &string) {
    switch (draw(4)) {
        case 0: return string.resize(draw(string.size() + 1)), string.shrink_to_fit();
        case 1:
            for (char &byte : string) byte = static_cast<char>(source());
            string[7] &= 0x7f;  // a state that is taken
            return;
        default:
            for (std::size_t n = 1 + draw(3); n > 0; --n) string[draw(string.size())] ^= static_cast<char>(1 << draw(8));
    }
}

bool read_damaged(const Tables &tables, Exact strings, const Case &from) {
    for (std::vector<char> &string : strings) damage(string);
    try {
        read(tables, strings, from, 1 + draw(3), 1 + draw(2));
        return false;
    } catch (const Fault &) {
        return true;
    }
}

bool check_case(const Case &from) {
    const Tables tables(from.cdfs.data(), from.width, from.lengths, from.offsets);
    const auto coded = encode(tables, from.symbols.data(), from.indexes.data(), from.bounds, 1);
    require(coded == encode(tables, from.symbols.data(), from.indexes.data(), from.bounds, 3), "strings of 3 threads");
    Exact strings;
    for (const std::string &string : coded) strings.emplace_back(string.begin(), string.end());
    for (std::size_t steps : {1, 3})
        for (std::size_t threads : {1, 2})
            require(read(tables, strings, from, steps, threads) == from.symbols, "symbols read back");
    return read_damaged(tables, strings, from);
}

}  // namespace

int main(int, char **arguments) {
    check_every_frequency();
    std::size_t refused = 0;
    const int cases = std::atoi(arguments[1]);
    for (int i = 0; i < cases; ++i) refused += check_case(random_case());
    std::printf("%d cases, %zu of their damaged strings refused\n", cases, refused);
    return 0;
}
