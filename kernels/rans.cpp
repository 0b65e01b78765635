// The range coder's Python face: flat buffers in and out, the GIL released while strings are coded.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "rans_batch.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace ahc;

namespace {

using Ints = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using IntsOut = nb::ndarray<std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using IntRows = nb::ndarray<const std::int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Offsets = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using TablesPtr = std::shared_ptr<const rans::Tables>;
using Strings = std::vector<nb::bytes>;

void require(bool held, const std::string &otherwise) {
    if (!held) throw std::invalid_argument(otherwise);
}

TablesPtr make_tables(IntRows cdfs, Ints lengths, Ints offsets) {
    const std::size_t count = cdfs.shape(0);
    require(count > 0 && lengths.size() == count && offsets.size() == count,
            "a length and an offset for each of " + std::to_string(count) + " tables, one at least, are needed; got " +
                std::to_string(lengths.size()) + " and " + std::to_string(offsets.size()));
    nb::gil_scoped_release unlocked;
    return std::make_shared<const rans::Tables>(cdfs.data(), cdfs.shape(1), std::span(lengths.data(), count),
                                                std::span(offsets.data(), count));
}

// The bounds of `strings` strings in flat buffers of `total` symbols, checked: all reads rest on them.
rans::Bounds checked_bounds(const Offsets &bounds, std::size_t total) {
    require(bounds.size() > 0 && bounds.data()[0] == 0, "bounds start with 0");
    const rans::Bounds checked(bounds.data(), bounds.size());
    for (std::size_t i = 1; i < checked.size(); ++i)
        require(checked[i] >= checked[i - 1], "bounds do not decrease; entry " + std::to_string(i) + " does");
    require(static_cast<std::size_t>(checked.back()) == total,
            "bounds end with the number of symbols, " + std::to_string(total) + "; got " +
                std::to_string(checked.back()));
    return checked;
}

void require_same_size(std::size_t symbols, std::size_t indexes) {
    require(symbols == indexes, "one index for each symbol is needed; got " + std::to_string(symbols) +
                                    " symbols and " + std::to_string(indexes) + " indexes");
}

void require_bounds_for(std::size_t strings, rans::Bounds bounds) {
    require(rans::strings_in(bounds) == strings, std::to_string(strings) + " strings need one more bounds; got " +
                                                     std::to_string(bounds.size()));
}

// Runs `work` and turns a fault into a ValueError that says where.
template <typename Work>
auto located(const Work &work) {
    try {
        return work();
    } catch (const rans::Fault &fault) {
        throw std::invalid_argument("string " + std::to_string(fault.string) + ", symbol " +
                                    std::to_string(fault.symbol) + ": " + fault.what);
    }
}

nb::list encode(TablesPtr tables, Ints symbols, Ints indexes, Offsets bounds, std::size_t threads) {
    require(threads > 0, "one thread is needed, at least");
    require_same_size(symbols.size(), indexes.size());
    std::vector<std::string> strings;
    {
        nb::gil_scoped_release unlocked;
        const rans::Bounds checked = checked_bounds(bounds, symbols.size());
        strings = located([&] { return rans::encode(*tables, symbols.data(), indexes.data(), checked, threads); });
    }
    nb::list result;
    for (const std::string &string : strings) result.append(nb::bytes(string.data(), string.size()));
    return result;
}

std::vector<std::string_view> views(const Strings &strings) {
    std::vector<std::string_view> result;
    for (const nb::bytes &string : strings) result.emplace_back(string.c_str(), string.size());
    return result;
}

// Strings that are read a step at a time, each step's indexes being known only after the step before.
class StepDecoder {
   public:
    StepDecoder(TablesPtr tables, Strings strings) : tables_(std::move(tables)), strings_(std::move(strings)) {
        const std::vector<std::string_view> bytes = views(strings_);
        readers_ = located([&] { return rans::start_all(bytes); });
    }

    void decode(Ints indexes, Offsets bounds, IntsOut out, std::size_t threads) {
        require(threads > 0, "one thread is needed, at least");
        require_same_size(out.size(), indexes.size());
        nb::gil_scoped_release unlocked;
        const rans::Bounds checked = checked_bounds(bounds, indexes.size());
        require_bounds_for(readers_.size(), checked);
        const Turn turn(*this);
        failed_ = true;  // until the step is done: a step that throws leaves strings at different places
        located([&] { rans::decode(*tables_, readers_, indexes.data(), out.data(), checked, threads); });
        failed_ = false;
    }

    void finish() {
        const Turn turn(*this);
        located([&] { rans::finish_all(readers_); });
    }

    std::size_t size() const { return readers_.size(); }

   private:
    // Holds the decoder for one call: without the GIL, a second thread could be inside.
    class Turn {
       public:
        explicit Turn(StepDecoder &decoder) : busy_(decoder.busy_) {
            if (busy_.exchange(true)) throw std::runtime_error("a RansDecoder serves one thread at a time");
            if (!decoder.failed_) return;
            busy_ = false;
            throw std::invalid_argument("an earlier step of this RansDecoder failed: start again from the strings");
        }
        ~Turn() { busy_ = false; }
        Turn(const Turn &) = delete;
        Turn &operator=(const Turn &) = delete;

       private:
        std::atomic<bool> &busy_;
    };

    TablesPtr tables_;
    Strings strings_;  // keeps alive what the readers point into
    std::vector<rans::Reader> readers_;
    std::atomic<bool> busy_ = false;
    bool failed_ = false;
};

}  // namespace

void bind_rans(nb::module_ &m) {
    nb::class_<rans::Tables>(m, "RansTables", "Cumulative distributions of a range coder, checked and laid out once.")
        .def(nb::new_(&make_tables), "cdfs"_a.noconvert(), "lengths"_a.noconvert(), "offsets"_a.noconvert(),
             "cdfs: int32 [k, m], row i holding lengths[i] cumulative frequencies, 0 < ... < 65536, of which the last\n"
             "bin is the escape; lengths, offsets: int32 [k]; offsets[i] is the value of row i's first bin.\n"
             "Raises ValueError for a row that is no such distribution.")
        .def("__len__", &rans::Tables::count);

    m.def("rans_encode", &encode, "tables"_a, "symbols"_a.noconvert(), "indexes"_a.noconvert(), "bounds"_a.noconvert(),
          "threads"_a = 1,
          "The strings of a batch, as a list of bytes: string s holds symbols[bounds[s]:bounds[s + 1]], each coded with\n"
          "the table its index names. symbols, indexes: int32 [n] on the CPU; bounds: int64 [strings + 1]. The strings\n"
          "are the same for any number of threads. Raises ValueError for an index that names no table; says where.");
    nb::class_<StepDecoder>(m, "RansDecoder", "The strings of a batch being read, in one step or in many.")
        .def(nb::init<TablesPtr, Strings>(), "tables"_a, "strings"_a,
             "strings: a list of bytes. Raises ValueError for one that is too short, or no state to start from.")
        .def("__len__", &StepDecoder::size)
        .def("decode", &StepDecoder::decode, "indexes"_a.noconvert(), "bounds"_a.noconvert(), "out"_a.noconvert(),
             "threads"_a = 1,
             "Reads the next symbols of every string, those of string s into out[bounds[s]:bounds[s + 1]]. indexes, out:\n"
             "int32 [n] on the CPU; bounds: int64 [strings + 1]. Raises ValueError for an index that names no table and\n"
             "for a string that ends too early, and says where; after that, the decoder is of no more use.")
        .def("finish", &StepDecoder::finish,
             "Raises ValueError unless every string was read to its end and led back to the state that every encoder\n"
             "starts at: what was read from any other string is not what was written.");
}
