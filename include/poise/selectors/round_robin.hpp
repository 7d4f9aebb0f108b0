// SPDX-License-Identifier: MIT
// Does:    each member in turn, whatever its weight, as long as it is above 0.
// Cost:    select O(1), O(members) past members that may not be chosen; 33 bytes a member.
// Use:     when members are equal and requests cost about the same.
// Shared:  no, select moves the turn; one selector a thread, started apart by `phase`.
// Source:  folklore; Linux IPVS "rr", net/netfilter/ipvs/ip_vs_rr.c, by model.
#ifndef POISE_SELECTORS_ROUND_ROBIN_HPP
#define POISE_SELECTORS_ROUND_ROBIN_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Plain round robin.
class round_robin {
  public:
    struct options {
        std::uint32_t phase = 0; ///< the first turn is member `phase` modulo the members: workers start apart
    };

    round_robin() = default;
    constexpr explicit round_robin(options chosen) noexcept : options_(chosen) {}

    /// Takes the whole membership. It goes on behind the member chosen last or, when that has left, behind the next
    /// before it in the old order that has not. Throws std::invalid_argument on a duplicate id; nothing has changed
    /// then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "round_robin");
        std::optional<slot> last;
        for (std::size_t i = place_; i > 0 && !last; --i) last = next.find(members_.members()[i - 1].id);
        const auto stays = [&next](const member& m) {
            return next.find(m.id).has_value();
        };
        const bool starts_anew = !last && std::ranges::none_of(members_.members(), stays);
        members_ = std::move(next);
        place_ = last ? detail::index_of(*last) + 1 : 0;
        if (starts_anew) place_ = first_place();
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept { place_ = first_place(); }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The next member in turn that may be chosen; empty when there is none, and then nothing has moved.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        const auto eligible = members_.eligible(accept);
        for (std::size_t step = 0; step < size(); ++step) {
            const std::size_t candidate = wrapped(place_ + step);
            if (!eligible(candidate)) continue;
            place_ = candidate + 1;
            return detail::slot_at(candidate);
        }
        return std::nullopt;
    }

    friend constexpr bool operator==(const round_robin& a, const round_robin& b) noexcept {
        return a.options_.phase == b.options_.phase && a.members_ == b.members_ && a.place_ == b.place_;
    }

  private:
    [[nodiscard]] constexpr std::size_t wrapped(std::size_t index) const noexcept {
        return index < size() ? index : index - size();
    }
    [[nodiscard]] constexpr std::size_t first_place() const noexcept {
        return size() == 0 ? 0 : options_.phase % size();
    }

    options options_;
    detail::membership members_;
    std::size_t place_ = 0; // how many members stand before it: behind the last choice
};

template <>
inline constexpr std::array law_exceptions<round_robin>{
    law_exception{law::fairness, "every member of weight above 0 gets the same share", "LVS rr: ip_vs_rr.c"}};

static_assert(keyless_selector<round_robin> && !shareable_selector<round_robin>);

} // namespace poise

#endif
