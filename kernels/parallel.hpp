// Work in numbered pieces, over threads.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace ahc {

// Calls work(0) ... work(pieces - 1), each once, on the calling thread and at most threads - 1 more, which live as long
// as the call: no state outlives it, so forks and interpreter exits are safe, and starting one costs some 20 us.
// Returns when all pieces are done; then throws the exception of the lowest piece that had one.
template <typename Work>
void for_each_piece(std::size_t pieces, std::size_t threads, const Work &work) {
    std::vector<std::exception_ptr> errors(pieces);
    std::atomic<std::size_t> next{0};
    const auto drain = [&] {
        for (std::size_t piece; (piece = next.fetch_add(1)) < pieces;) {
            try {
                work(piece);
            } catch (...) {  // any error: it is thrown again below, on the calling thread
                errors[piece] = std::current_exception();
            }
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < std::min(threads, pieces); ++i) others.emplace_back(drain);
        drain();
    }  // joins
    for (const std::exception_ptr &error : errors)
        if (error) std::rethrow_exception(error);
}

}  // namespace ahc
