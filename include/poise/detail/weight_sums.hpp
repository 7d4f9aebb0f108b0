// SPDX-License-Identifier: MIT
// Members laid end to end, each as long as its weight: who lies at a point of that line.
#ifndef POISE_DETAIL_WEIGHT_SUMS_HPP
#define POISE_DETAIL_WEIGHT_SUMS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <poise/detail/membership.hpp>

namespace poise::detail {

/// In the order of ids, so the same in every order of the members. 12 bytes a member.
class weight_sums {
  public:
    weight_sums() = default;
    constexpr explicit weight_sums(const membership& members) {
        ends_.reserve(members.size());
        slots_.reserve(members.size());
        std::uint64_t end = 0;
        for (std::size_t i = 0; i < members.size(); ++i) {
            const slot where = members.in_id_order(i);
            if (members.weight(index_of(where)) == 0) continue;
            end += members.weight(index_of(where));
            ends_.push_back(end);
            slots_.push_back(where);
        }
    }

    /// The sum of the weights: below 2^64, as there are fewer than 2^32 members.
    [[nodiscard]] constexpr std::uint64_t all() const noexcept { return ends_.empty() ? 0 : ends_.back(); }
    /// How many members have weight.
    [[nodiscard]] constexpr std::size_t count() const noexcept { return slots_.size(); }
    /// Who lies at `point`, which is below all(). O(log members).
    [[nodiscard]] constexpr slot owner(std::uint64_t point) const noexcept {
        return slots_[static_cast<std::size_t>(std::ranges::upper_bound(ends_, point) - ends_.begin())];
    }

    friend constexpr bool operator==(const weight_sums&, const weight_sums&) = default;

  private:
    std::vector<std::uint64_t> ends_;
    std::vector<slot> slots_;
};

} // namespace poise::detail

#endif
