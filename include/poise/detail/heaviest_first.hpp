// SPDX-License-Identifier: MIT
// Members by descending weight, as LVS's fo and ovf prefer them.
#ifndef POISE_DETAIL_HEAVIEST_FIRST_HPP
#define POISE_DETAIL_HEAVIEST_FIRST_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include <poise/detail/membership.hpp>

namespace poise::detail {

/// Of equally heavy ones the first comes first. 4 bytes a member.
class heaviest_first {
  public:
    heaviest_first() = default;
    constexpr explicit heaviest_first(const membership& members) {
        slots_.reserve(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (members.weight(i) > 0) slots_.push_back(slot_at(i));
        }
        std::ranges::sort(slots_, [&members](slot a, slot b) {
            const auto left = members.weight(index_of(a));
            const auto right = members.weight(index_of(b));
            return left != right ? left > right : a < b;
        });
    }

    /// The heaviest that is taken: `takes(index)`. O(members passed over).
    template <class Takes>
    [[nodiscard]] constexpr std::optional<slot> first(const Takes& takes) const noexcept {
        const auto found = std::ranges::find_if(slots_, [&takes](slot s) { return takes(index_of(s)); });
        return found == slots_.end() ? std::nullopt : std::optional(*found);
    }

    friend constexpr bool operator==(const heaviest_first&, const heaviest_first&) = default;

  private:
    std::vector<slot> slots_;
};

} // namespace poise::detail

#endif
