// SPDX-License-Identifier: MIT
// Those who are heavy enough, in slot order, while the level that decides it goes down and up.
#ifndef POISE_DETAIL_LEVEL_LIST_HPP
#define POISE_DETAIL_LEVEL_LIST_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/detail/radix_sort.hpp>

namespace poise::detail {

/// A linked list that members leave in the order of their weights, the lightest first, and come back to in the opposite
/// order: so each that comes back still knows between whom it was. 12 bytes a member.
/// Source: D. Knuth, "Dancing links", 2000.
class level_list {
  public:
    level_list() = default;
    /// At level 0: all members.
    constexpr explicit level_list(const membership& members) : end_(static_cast<std::uint32_t>(members.size())) {
        std::vector<std::uint64_t> by_weight;
        by_weight.reserve(end_);
        links_.reserve(end_ + std::size_t{1});
        for (std::uint32_t i = 0; i <= end_; ++i) {
            links_.push_back({.before = i == 0 ? end_ : i - 1, .behind = i == end_ ? 0 : i + 1});
            if (i < end_) by_weight.push_back(std::uint64_t{members.weight(i)} << 32U | i);
        }
        radix_sort_by_upper_half(by_weight);
        lightest_first_.reserve(end_);
        for (const std::uint64_t w : by_weight) lightest_first_.push_back(static_cast<std::uint32_t>(w));
    }

    /// From now on those of `members` who are at least as heavy as `level`. O(members who leave or come back).
    constexpr void set(std::uint32_t level, const membership& members) noexcept {
        while (gone_ < end_ && members.weight(lightest_first_[gone_]) < level) {
            const link l = links_[lightest_first_[gone_++]];
            links_[l.before].behind = l.behind;
            links_[l.behind].before = l.before;
        }
        while (gone_ > 0 && members.weight(lightest_first_[gone_ - 1]) >= level) {
            const std::uint32_t back = lightest_first_[--gone_];
            links_[links_[back].before].behind = back;
            links_[links_[back].behind].before = back;
        }
    }

    /// The first in the list, or end().
    [[nodiscard]] constexpr std::size_t first() const noexcept { return links_.empty() ? 0 : links_[end_].behind; }
    /// The one behind a member that is in it, or end().
    [[nodiscard]] constexpr std::size_t behind(std::size_t index) const noexcept { return links_[index].behind; }
    [[nodiscard]] constexpr std::size_t end() const noexcept { return end_; }
    /// The heaviest of all members; there must be one.
    [[nodiscard]] constexpr std::size_t heaviest() const noexcept { return lightest_first_.back(); }

    friend constexpr bool operator==(const level_list&, const level_list&) = default;

  private:
    struct link {
        std::uint32_t before;
        std::uint32_t behind;
        friend constexpr bool operator==(const link&, const link&) = default;
    };

    std::uint32_t end_ = 0;   // who comes before the first and behind the last
    std::size_t gone_ = 0;    // how many have left
    std::vector<link> links_; // of each member, and of the end
    std::vector<std::uint32_t> lightest_first_;
};

} // namespace poise::detail

#endif
