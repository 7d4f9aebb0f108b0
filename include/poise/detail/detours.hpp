// SPDX-License-Identifier: MIT
// Where the positions of a table lead while some members may not be chosen, found when that changes instead of with each
// choice.
#ifndef POISE_DETAIL_DETOURS_HPP
#define POISE_DETAIL_DETOURS_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include <poise/detail/circle.hpp>
#include <poise/detail/membership.hpp>

namespace poise::detail {

/// Of each position its member, or where that may not be chosen, the next one around the table that may. 4 bytes a position.
class detours {
  public:
    detours() = default;
    constexpr detours(const circle& table, const membership& members) {
        ends_.resize(table.size(), no_member);
        follow(table, members);
    }

    /// Who may be chosen has changed. O(positions).
    constexpr void follow(const circle& table, const membership& members) noexcept {
        std::uint32_t next = no_member;
        for (int round = 0; round < 2; ++round) { // the last positions lead to the first
            for (std::size_t i = ends_.size(); i-- > 0;) {
                const std::size_t own = index_of(table[i]);
                if (members.is_open(own)) next = static_cast<std::uint32_t>(own);
                ends_[i] = next;
            }
            if (!ends_.empty() && ends_.back() != no_member) return;
        }
    }

    /// The index of the member to which that position leads; `nobody` when nobody may be chosen.
    [[nodiscard]] constexpr std::size_t operator[](std::size_t position) const noexcept {
        const std::uint32_t end = ends_[position];
        return end == no_member ? nobody : end;
    }

    friend constexpr bool operator==(const detours&, const detours&) = default;

  private:
    static constexpr std::uint32_t no_member = ~std::uint32_t{0};

    std::vector<std::uint32_t> ends_;
};

} // namespace poise::detail

#endif
