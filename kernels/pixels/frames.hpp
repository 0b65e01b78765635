// Frames as they lie in memory.

#pragma once

#include <cstddef>
#include <cstdint>

namespace ahc {

// [N, C, H, W] of bytes or float32, in any layout. Strides count elements.
struct Frames {
    const void *data;
    bool bytes;
    std::ptrdiff_t frame, channel, row, column;
};

// Two of one shape and type.
struct FramePair {
    Frames x, y;
    std::size_t count, channels, height, width;
};

// One scale of a pyramid: its size, and where it begins in a plane's memory.
struct Level {
    std::size_t height, width, offset;
};

}  // namespace ahc
