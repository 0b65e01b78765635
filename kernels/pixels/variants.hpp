// Which of the compiled loops over pixels this machine can run, and how many threads they are worth.

#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "loops.hpp"

namespace ahc {

// Fastest first.
inline std::vector<const PixelLoops *> runnable_loops() {
    std::vector<const PixelLoops *> loops;
#ifdef AHC_X86
    const bool fused = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (fused && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        loops.push_back(&avx512::loops);
    if (fused) loops.push_back(&avx2::loops);
#endif
    loops.push_back(&portable::loops);
    return loops;
}

inline const std::vector<const PixelLoops *> &loops_here() {
    static const std::vector<const PixelLoops *> here = runnable_loops();
    return here;
}

inline const PixelLoops &loops_of(std::size_t variant) {
    if (variant >= loops_here().size()) throw std::invalid_argument("this machine has no such variant");
    return *loops_here()[variant];
}

inline std::size_t pieces_of(std::size_t length, std::size_t piece) { return (length + piece - 1) / piece; }

// Threads for so much work: none takes longer to start than it works.
inline std::size_t useful_threads(std::size_t threads, std::size_t work, std::size_t worth_a_thread) {
    return std::min(threads, work / worth_a_thread + 1);
}

}  // namespace ahc
