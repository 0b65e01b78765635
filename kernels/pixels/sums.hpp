// Sums in an order that no width of a vector changes.

#pragma once

#include "vector.hpp"
#include "work.hpp"

namespace ahc::AHC_VARIANT {

constexpr std::size_t QUAD = 4, RUN = 16;  // numbers of a row that are summed as two pairs; that are summed in float32

// Sums along BAND_ROWS rows: a lane is a row. Quads are summed up to runs in float32, and runs are added up in float64.
class RowSums {
public:
    // Adds a run of the rows from `row` on.
    void add(std::size_t row, Vector run) {
        float numbers[WIDTH];
        store(numbers, run);
        for (std::size_t i = 0; i < WIDTH; ++i) sums_[row + i] += static_cast<double>(numbers[i]);
    }

    // Over the first `rows` rows.
    double total(std::size_t rows) const {
        double total = 0;
        for (std::size_t row = 0; row < rows; ++row) total += sums_[row];
        return total;
    }

private:
    double sums_[BAND_ROWS] = {};
};

// The sum of a few hundred numbers: PARTS sums in float32, added up in float64.
inline double sum_of(const float *numbers, std::size_t count) {
    constexpr std::size_t PARTS = 16;
    const std::size_t whole = count / PARTS * PARTS;
    Vector vectors[PARTS / WIDTH] = {};
    for (std::size_t start = 0; start < whole; start += PARTS)
        for (std::size_t i = 0; i < PARTS / WIDTH; ++i) vectors[i] += load(numbers + start + i * WIDTH);
    float sums[PARTS];
    __builtin_memcpy(sums, vectors, sizeof sums);
    for (std::size_t i = 0; i < count - whole; ++i) sums[i] += numbers[whole + i];
    double total = 0;
    for (const float sum : sums) total += static_cast<double>(sum);
    return total;
}

}  // namespace ahc::AHC_VARIANT
