// SPDX-License-Identifier: MIT
// Members in the order of their keys, and among equal keys of their joining: a heap that never allocates in between.
#ifndef POISE_DETAIL_TURN_QUEUE_HPP
#define POISE_DETAIL_TURN_QUEUE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace poise::detail {

/// 24 bytes a member. A copy has room for as many as the original.
class turn_queue {
  public:
    struct entry {
        std::uint64_t key;
        std::uint64_t order; ///< of joining; no two are equal
        std::uint32_t index; ///< of the member
    };

    /// Room for so many; empty.
    constexpr void resize(std::size_t members) {
        entries_.resize(members, {});
        count_ = 0;
    }
    constexpr void clear() noexcept { count_ = 0; }

    [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] constexpr std::size_t front() const noexcept { return entries_.front().index; }
    /// In no order.
    [[nodiscard]] constexpr std::span<const entry> entries() const noexcept {
        return std::span(entries_).first(count_);
    }

    constexpr void push(entry joining) noexcept {
        entries_[count_++] = joining;
        std::ranges::push_heap(in_use(), later);
    }
    constexpr std::size_t pop() noexcept {
        std::ranges::pop_heap(in_use(), later);
        return entries_[--count_].index;
    }

    /// Whether the same members would come out of both in the same order. O(members log members).
    [[nodiscard]] constexpr bool same_order(const turn_queue& other) const {
        const auto same = [](const entry& a, const entry& b) {
            return a.key == b.key && a.index == b.index;
        };
        return std::ranges::equal(sorted(), other.sorted(), same);
    }

  private:
    [[nodiscard]] static constexpr bool later(const entry& a, const entry& b) noexcept {
        return a.key != b.key ? a.key > b.key : a.order > b.order;
    }
    [[nodiscard]] constexpr std::span<entry> in_use() noexcept { return std::span(entries_).first(count_); }
    [[nodiscard]] constexpr std::vector<entry> sorted() const {
        std::vector<entry> all(entries().begin(), entries().end());
        std::ranges::sort(all, later);
        return all;
    }

    std::vector<entry> entries_; // the first `count_` are a heap, the soonest first
    std::size_t count_ = 0;
};

} // namespace poise::detail

#endif
