// SPDX-License-Identifier: MIT
// How many connections each member has open: counts that follow their members through every change.
#ifndef POISE_DETAIL_CONNECTION_COUNTS_HPP
#define POISE_DETAIL_CONNECTION_COUNTS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <poise/detail/membership.hpp>

namespace poise::detail {

class connection_counts {
  public:
    connection_counts() = default;

    /// The counts of `members`: who was a member of `old` keeps what it had in `before`. 8 bytes a member.
    constexpr connection_counts(const membership& members, const membership& old, const connection_counts& before) {
        counts_.reserve(members.size());
        for (const member& m : members.members()) {
            const auto was = old.find(m.id);
            counts_.push_back(was ? before.of(*was) : 0);
            all_ += counts_.back();
        }
    }

    /// One more. A slot that there is not is ignored.
    constexpr void opened(slot where) noexcept {
        if (index_of(where) >= counts_.size()) return;
        ++counts_[index_of(where)];
        ++all_;
    }
    /// One less, if there is one.
    constexpr void closed(slot where) noexcept {
        if (of(where) == 0) return;
        --counts_[index_of(where)];
        --all_;
    }

    /// Of a member that there is.
    [[nodiscard]] constexpr std::uint64_t operator[](std::size_t index) const noexcept { return counts_[index]; }
    [[nodiscard]] constexpr std::uint64_t of(slot where) const noexcept {
        return index_of(where) < counts_.size() ? counts_[index_of(where)] : 0;
    }
    /// Of all members.
    [[nodiscard]] constexpr std::uint64_t all() const noexcept { return all_; }

    friend constexpr bool operator==(const connection_counts&, const connection_counts&) = default;

  private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t all_ = 0;
};

} // namespace poise::detail

#endif
