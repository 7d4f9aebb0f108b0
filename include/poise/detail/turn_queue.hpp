// SPDX-License-Identifier: MIT
// Members in the order of their keys, and among equal keys of their joining: a winner tree that never allocates in
// between.
#ifndef POISE_DETAIL_TURN_QUEUE_HPP
#define POISE_DETAIL_TURN_QUEUE_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <poise/detail/select_if.hpp>

namespace poise::detail {

/// 24 to 32 bytes a member. A copy has room for as many as the original.
class turn_queue {
  public:
    struct entry {
        std::uint64_t key;   ///< below 2^64 - 1
        std::uint64_t order; ///< of joining; no two are equal
        std::uint32_t index; ///< of the member
    };

    /// Room for so many members; empty.
    constexpr void resize(std::size_t members) {
        turns_.assign(members + 1, never); // the last is nobody's
        nodes_.assign(2 * std::bit_ceil(members), static_cast<std::uint32_t>(members));
    }
    constexpr void clear() noexcept { std::ranges::fill(nodes_, nobody()); }

    [[nodiscard]] constexpr bool empty() const noexcept { return nodes_.empty() || nodes_[1] == nobody(); }
    [[nodiscard]] constexpr std::size_t front() const noexcept { return nodes_[1]; }

    /// The member joins; if it is there already, with another turn.
    constexpr void push(entry joining) noexcept {
        turns_[joining.index] = {.key = joining.key, .order = joining.order};
        climb(joining.index, joining.index);
    }
    constexpr std::size_t pop() noexcept {
        const std::uint32_t first = nodes_[1];
        climb(first, nobody());
        return first;
    }

    /// Visits the entries, by members.
    template <class Visit>
    constexpr void for_each(const Visit& visit) const {
        for (std::size_t leaf = nodes_.size() / 2; leaf < nodes_.size(); ++leaf) {
            const std::uint32_t index = nodes_[leaf];
            if (index == nobody()) continue;
            visit(entry{.key = turns_[index].key, .order = turns_[index].order, .index = index});
        }
    }
    /// Whether the same members would come out of both in the same order. O(members log members).
    [[nodiscard]] constexpr bool same_order(const turn_queue& other) const {
        const auto same = [](const entry& a, const entry& b) {
            return a.key == b.key && a.index == b.index;
        };
        return std::ranges::equal(sorted(), other.sorted(), same);
    }

  private:
    struct turn {
        std::uint64_t key;
        std::uint64_t order;
    };
    static constexpr turn never{.key = std::numeric_limits<std::uint64_t>::max(), .order = 0};

    [[nodiscard]] constexpr std::uint32_t nobody() const noexcept {
        return static_cast<std::uint32_t>(turns_.size() - 1);
    }
    // Whose turn is first is as good as random: no branch depends on it.
    constexpr void climb(std::uint32_t leaf, std::uint32_t first) noexcept {
        std::size_t node = nodes_.size() / 2 + leaf;
        turn t = turns_[first];
        nodes_[node] = first;
        for (; node > 1; node /= 2) {
            const std::uint32_t other = nodes_[node ^ 1U];
            const turn its = turns_[other];
            const bool sooner = (its.key < t.key) | ((its.key == t.key) & (its.order < t.order));
            first = select_if(sooner, other, first);
            t.key = select_if(sooner, its.key, t.key);
            t.order = select_if(sooner, its.order, t.order);
            nodes_[node / 2] = first;
        }
    }
    [[nodiscard]] constexpr std::vector<entry> sorted() const {
        std::vector<entry> all;
        for_each([&all](const entry& e) { all.push_back(e); });
        std::ranges::sort(
            all, [](const entry& a, const entry& b) { return a.key != b.key ? a.key < b.key : a.order < b.order; });
        return all;
    }

    std::vector<turn> turns_;          // of each member
    std::vector<std::uint32_t> nodes_; // the first is node 1; of node i, 2 i and 2 i + 1 have met
};

} // namespace poise::detail

#endif
