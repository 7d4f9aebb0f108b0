// SPDX-License-Identifier: MIT
// Positions in a circle, each a member's: what tables and rings are, and the one way to go on from a position whose
// member may not be chosen.
#ifndef POISE_DETAIL_CIRCLE_HPP
#define POISE_DETAIL_CIRCLE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>

namespace poise::detail {

/// Position i is the member's at `slots[i]`. 4 bytes a position beside those, 4 a member. Positions are fewer than 2^32.
template <class Slots>
class basic_circle {
  public:
    basic_circle() = default;

    constexpr basic_circle(Slots slots, std::size_t members) : slots_(std::move(slots)) {
        ends_.resize(members + 1, 0);
        for (std::size_t position = 0; position < slots_.size(); ++position) ++ends_[index_of(slots_[position]) + 1];
        for (std::size_t i = 0; i < members; ++i) ends_[i + 1] += ends_[i];
        own_.resize(slots_.size(), 0);
        // filling a member's part moves its beginning to its end, which is where the next one's begins
        for (std::size_t position = 0; position < slots_.size(); ++position) {
            own_[ends_[index_of(slots_[position])]++] = static_cast<std::uint32_t>(position);
        }
        ends_.pop_back();
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return slots_.size(); }
    [[nodiscard]] constexpr slot operator[](std::size_t position) const noexcept { return slots_[position]; }
    [[nodiscard]] constexpr const Slots& slots() const noexcept { return slots_; }

    /// The first position from `from` on, around the circle, whose member is eligible; size() when nobody is. A `from`
    /// past the last position counts on around the circle. After as many steps as there are members it asks every
    /// member for its own next position instead, so however few are left, and however little their weight, it costs
    /// O(members log positions).
    template <class Eligible>
    [[nodiscard]] constexpr std::size_t find(std::size_t from, const Eligible& eligible) const noexcept {
        if (from < size() && eligible(index_of(slots_[from]))) return from; // nearly always
        return find_behind(from, eligible);
    }

    /// The same when that position's own member has been asked and is not.
    template <class Eligible>
    [[nodiscard]] constexpr std::size_t find_behind(std::size_t from, const Eligible& eligible) const noexcept {
        if (size() == 0) return 0;
        std::size_t steps = std::min(size(), ends_.size());
        std::size_t position = from;
        if (from < size()) { // it has been asked
            position = from + 1 == size() ? 0 : from + 1;
            --steps;
        } else {
            position = from %= size();
        }
        for (; steps > 0; --steps) {
            if (eligible(index_of(slots_[position]))) return position;
            position = position + 1 == size() ? 0 : position + 1;
        }
        std::size_t nearest = size();
        std::size_t least_distance = size();
        for (std::size_t i = 0; i < ends_.size(); ++i) {
            const auto own = positions_of(i);
            if (own.empty() || !eligible(i)) continue;
            const auto ahead = std::ranges::lower_bound(own, from);
            const std::size_t next = ahead == own.end() ? own.front() : *ahead;
            const std::size_t distance = next >= from ? next - from : next + size() - from;
            if (distance >= least_distance) continue;
            least_distance = distance;
            nearest = next;
        }
        return nearest;
    }

    friend constexpr bool operator==(const basic_circle&, const basic_circle&) = default;

  private:
    [[nodiscard]] constexpr std::span<const std::uint32_t> positions_of(std::size_t member) const noexcept {
        const std::size_t begin = member == 0 ? 0 : ends_[member - 1];
        return std::span(own_).subspan(begin, ends_[member] - begin);
    }

    Slots slots_;                     // by position
    std::vector<std::uint32_t> own_;  // the positions, by member, ascending
    std::vector<std::uint32_t> ends_; // of each member's part of them
};

/// A table: 8 bytes a position.
using circle = basic_circle<std::vector<slot>>;

} // namespace poise::detail

#endif
