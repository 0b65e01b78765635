// Non-maximum suppression that stops at the boxes it is asked for.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "bindings.hpp"

namespace nb = nanobind;

namespace {

template <typename Value, std::size_t Dimensions>
using Array = nb::ndarray<Value, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;

constexpr std::size_t BLOCK = 16;  // kept boxes that a candidate is held to before it asks whether one was enough

struct Box {
    float left, top, right, bottom, area;
};

Box box_at(const float *corners) {
    const float left = corners[0], top = corners[1], right = corners[2], bottom = corners[3];
    return {left, top, right, bottom, (right - left) * (bottom - top)};
}

// The boxes that stay, column by column. Places behind the last hold boxes without extent, which overlap nothing.
class Kept {
public:
    explicit Kept(std::size_t most)
        : room_((most + BLOCK - 1) / BLOCK * BLOCK), columns_(5 * room_), left_(columns_.data()), top_(left_ + room_),
          right_(top_ + room_), bottom_(right_ + room_), area_(bottom_ + room_) {
        std::fill(right_, area_, NOWHERE);
    }

    std::size_t size() const { return count_; }

    void add(const Box &box) {
        left_[count_] = box.left, top_[count_] = box.top, right_[count_] = box.right, bottom_[count_] = box.bottom;
        area_[count_++] = box.area;
    }

    // Whether a box overlaps one of these by more than `iou`. The float32 steps and the order of operands, which decides
    // of NaN, are torchvision's (csrc/ops/cpu/nms_kernel.cpp).
    bool suppress(const Box &box, double iou) const {
        for (std::size_t start = 0; start < count_; start += BLOCK)
            if (block_meets(start, box) && block_suppresses(start, box, iou)) return true;
        return false;
    }

private:
    static constexpr float NOWHERE = -1e30f;

    float width(std::size_t i, const Box &box) const {
        return std::max(0.0f, std::min(right_[i], box.right) - std::max(left_[i], box.left));
    }

    float height(std::size_t i, const Box &box) const {
        return std::max(0.0f, std::min(bottom_[i], box.bottom) - std::max(top_[i], box.top));
    }

    // Whether one of a block shares area with the box: most blocks do not, and are over without a division.
    bool block_meets(std::size_t start, const Box &box) const {
        int meets = 0;
        for (std::size_t i = start; i < start + BLOCK; ++i) meets |= width(i, box) * height(i, box) > 0.0f;
        return meets;
    }

    bool block_suppresses(std::size_t start, const Box &box, double iou) const {
        for (std::size_t i = start; i < std::min(start + BLOCK, count_); ++i) {
            const float shared = width(i, box) * height(i, box);
            const float overlap = shared / (area_[i] + box.area - shared);
            if (overlap > iou) return true;
        }
        return false;
    }

    std::size_t room_, count_ = 0;
    std::vector<float> columns_;
    float *left_, *top_, *right_, *bottom_, *area_;
};

std::size_t keep(Array<const float, 2> boxes, Array<const std::int64_t, 1> order, double iou,
                 Array<std::int64_t, 1> kept) {
    const std::size_t count = boxes.shape(0), most = std::min(count, kept.shape(0));
    if (boxes.shape(1) != 4 || order.shape(0) != count) throw std::invalid_argument("boxes [M, 4] and an order of them");
    if (!(iou >= 0)) throw std::invalid_argument("an overlap of at least 0");
    nb::gil_scoped_release unlocked;
    Kept best(most);
    for (std::size_t rank = 0; rank < count && best.size() < most; ++rank) {
        const std::int64_t index = order.data()[rank];
        if (static_cast<std::uint64_t>(index) >= count) throw std::invalid_argument("an order of the boxes");
        const Box box = box_at(boxes.data() + 4 * index);
        if (best.suppress(box, iou)) continue;
        kept.data()[best.size()] = index;
        best.add(box);
    }
    return best.size();
}

}  // namespace

void bind_nms(nb::module_ &m) {
    m.def("keep_boxes", &keep, nb::arg("boxes").noconvert(), nb::arg("order").noconvert(), nb::arg("iou"),
          nb::arg("kept").noconvert(),
          "Greedy suppression of float32 [M, 4] in the order of int64 [M]; writes the indexes of the first boxes that\n"
          "stay, as many as kept has room for, and returns how many there are.");
}
