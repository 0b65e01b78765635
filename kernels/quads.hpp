// Areas of quadrilaterals and of what two of them have in common, in double precision.
//
// A quadrilateral is four corners in their order, either way around; its sides do not cross. One that is not convex is
// two triangles, so that all that is clipped is convex (Sutherland and Hodgman, "Reentrant polygon clipping", 1974): an
// error in a coordinate is an error of that size in the result, where two sides lie on one line too.

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace ahc {

struct Point {
    double x, y;
};

constexpr std::size_t QUAD_CORNERS = 4;
using Quad = std::array<Point, QUAD_CORNERS>;

// Twice the area of the triangle a, b, c; positive where c lies to the left of the line from a to b.
inline double turn(const Point &a, const Point &b, const Point &c) {
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

// A convex polygon, its inside to the left of its sides. Each side of a quadrilateral adds one corner at most.
class Convex {
  public:
    void add(const Point &corner) { corners_[size_++] = corner; }

    double area() const {
        double twice = 0;
        for (std::size_t i = 2; i < size_; ++i) twice += turn(corners_[0], corners_[i - 1], corners_[i]);
        return twice / 2;
    }

    // What is left of it to the left of the line from a to b.
    Convex left_of(const Point &a, const Point &b) const {
        Convex rest;
        for (std::size_t i = 0; i < size_; ++i) {
            const Point &from = corners_[i], &to = corners_[(i + 1) % size_];
            const double before = turn(a, b, from), after = turn(a, b, to);
            if (before >= 0) rest.add(from);
            if ((before < 0) == (after < 0)) continue;
            const double share = before / (before - after);
            rest.add({from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)});
        }
        return rest;
    }

    double common_area(const Convex &other) const {
        Convex rest = *this;
        for (std::size_t i = 0; i < other.size_ && rest.size_ > 0; ++i)
            rest = rest.left_of(other.corners_[i], other.corners_[(i + 1) % other.size_]);
        return std::max(rest.area(), 0.0);
    }

  private:
    // rounding can make a polygon that is all but convex cross a line more often than twice
    std::array<Point, 32> corners_;
    std::size_t size_ = 0;
};

// A quadrilateral as one or two convex parts, with its corners so turned that its inside is to the left.
class QuadParts {
  public:
    explicit QuadParts(Quad quad) {
        if (turn(quad[0], quad[1], quad[2]) + turn(quad[0], quad[2], quad[3]) < 0) std::swap(quad[1], quad[3]);
        std::size_t dent = QUAD_CORNERS;
        for (std::size_t i = 0; i < QUAD_CORNERS; ++i)
            if (turn(quad[(i + 3) % 4], quad[i], quad[(i + 1) % 4]) < 0) dent = i;
        if (dent == QUAD_CORNERS) {
            for (const Point &corner : quad) parts_[0].add(corner);
            return;
        }
        count_ = 2;
        for (std::size_t part = 0; part < 2; ++part)
            for (const std::size_t step : {std::size_t{0}, part + 1, part + 2}) parts_[part].add(quad[(dent + step) % 4]);
    }

    double area() const {
        double sum = 0;
        for (std::size_t i = 0; i < count_; ++i) sum += parts_[i].area();
        return sum;
    }

    double common_area(const QuadParts &other) const {
        double sum = 0;
        for (std::size_t i = 0; i < count_; ++i)
            for (std::size_t j = 0; j < other.count_; ++j) sum += parts_[i].common_area(other.parts_[j]);
        return sum;
    }

  private:
    std::array<Convex, 2> parts_;
    std::size_t count_ = 1;
};

// Intersection over union; 0 of two quadrilaterals without area. Coordinates are taken from a corner of the first, so
// that those of a large picture lose no digits.
inline double quad_overlap(const double *first, const double *second) {
    Quad a, b;
    double low[2], high[2], other_low[2], other_high[2];
    for (std::size_t axis = 0; axis < 2; ++axis) {
        low[axis] = other_low[axis] = INFINITY;
        high[axis] = other_high[axis] = -INFINITY;
    }
    for (std::size_t i = 0; i < QUAD_CORNERS; ++i) {
        for (std::size_t axis = 0; axis < 2; ++axis) {
            low[axis] = std::min(low[axis], first[2 * i + axis]);
            high[axis] = std::max(high[axis], first[2 * i + axis]);
            other_low[axis] = std::min(other_low[axis], second[2 * i + axis]);
            other_high[axis] = std::max(other_high[axis], second[2 * i + axis]);
        }
        a[i] = {first[2 * i] - first[0], first[2 * i + 1] - first[1]};
        b[i] = {second[2 * i] - first[0], second[2 * i + 1] - first[1]};
    }
    for (std::size_t axis = 0; axis < 2; ++axis)
        if (low[axis] >= other_high[axis] || other_low[axis] >= high[axis]) return 0;  // most pairs
    const QuadParts one(a), other(b);
    const double common = one.common_area(other), all = one.area() + other.area() - common;
    return all > 0 ? std::min(common / all, 1.0) : 0;
}

}  // namespace ahc
