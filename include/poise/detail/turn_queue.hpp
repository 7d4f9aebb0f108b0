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
#include <span>
#include <vector>

namespace poise::detail {

/// 16 to 24 bytes a member. A copy has room for as many as the original. Key and order lie in one number: orders have
/// `OrderBits`, keys the others.
template <unsigned OrderBits>
class basic_turn_queue {
  public:
    static constexpr std::uint64_t most_key = (~std::uint64_t{0} >> OrderBits) - 1;
    static constexpr std::uint64_t most_order = (std::uint64_t{1} << OrderBits) - 1;

    struct entry {
        std::uint64_t key;   ///< at most most_key
        std::uint64_t order; ///< of joining, at most most_order; no two are equal
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
        turns_[joining.index] = joining.key << OrderBits | joining.order;
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
            visit(entry{.key = turns_[index] >> OrderBits, .order = turns_[index] & most_order, .index = index});
        }
    }
    /// Gives all that are there new orders, from `first` on, in the order in which they are; `room` is for as many
    /// members. Returns how many they are. O(members log members).
    constexpr std::uint64_t renumber(std::uint64_t first, std::span<std::uint32_t> room) noexcept {
        std::size_t count = 0;
        while (!empty()) room[count++] = static_cast<std::uint32_t>(pop());
        for (std::size_t i = 0; i < count; ++i) {
            push({.key = turns_[room[i]] >> OrderBits, .order = first + i, .index = room[i]});
        }
        return count;
    }
    /// Whether the same members would come out of both in the same order. O(members log members).
    [[nodiscard]] constexpr bool same_order(const basic_turn_queue& other) const {
        const auto same = [](const entry& a, const entry& b) {
            return a.key == b.key && a.index == b.index;
        };
        return std::ranges::equal(sorted(), other.sorted(), same);
    }

  private:
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    [[nodiscard]] constexpr std::uint32_t nobody() const noexcept {
        return static_cast<std::uint32_t>(turns_.size() - 1);
    }
    // Whose turn is first is as good as random: no branch depends on it.
    constexpr void climb(std::uint32_t leaf, std::uint32_t first) noexcept {
        std::size_t node = nodes_.size() / 2 + leaf;
        std::uint64_t turn = turns_[first];
        nodes_[node] = first;
        for (; node > 1; node /= 2) {
            const std::uint32_t other = nodes_[node ^ 1U];
            const std::uint64_t its = turns_[other];
            first = its < turn ? other : first;
            turn = its < turn ? its : turn;
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

    std::vector<std::uint64_t> turns_; // of each member
    std::vector<std::uint32_t> nodes_; // the first is node 1; of node i, 2 i and 2 i + 1 have met
};

using turn_queue = basic_turn_queue<30>;

} // namespace poise::detail

#endif
