// SPDX-License-Identifier: MIT
// Does:    each member in turn, whatever its weight, as long as it is above 0.
// Cost:    select O(1), O(members) past members that may not be chosen; 33 bytes a member.
// Use:     when members are equal and requests cost about the same.
// Shared:  no, select moves the turn; one selector a thread, started apart by `phase`.
// Source:  folklore; LVS calls it rr.
#ifndef POISE_SELECTORS_ROUND_ROBIN_HPP
#define POISE_SELECTORS_ROUND_ROBIN_HPP

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

    /// Takes the whole membership. The turn stays with the member that has it, or goes to the next of the old order
    /// that is still here. Throws std::invalid_argument on a duplicate id; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "round_robin");
        std::optional<slot> turn;
        for (std::size_t step = 0; step < size() && !turn; ++step) {
            turn = next.find(members_.members()[wrapped(turn_ + step)].id);
        }
        members_ = std::move(next);
        turn_ = turn ? detail::index_of(*turn) : first_turn();
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept { turn_ = first_turn(); }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The next member in turn that may be chosen; empty when there is none, and then nothing has moved.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        const auto eligible = members_.eligible(accept);
        for (std::size_t step = 0; step < size(); ++step) {
            const std::size_t candidate = wrapped(turn_ + step);
            if (!eligible(candidate)) continue;
            turn_ = wrapped(candidate + 1);
            return detail::slot_at(candidate);
        }
        return std::nullopt;
    }

    friend constexpr bool operator==(const round_robin& a, const round_robin& b) noexcept {
        return a.options_.phase == b.options_.phase && a.members_ == b.members_ && a.turn_ == b.turn_;
    }

  private:
    [[nodiscard]] constexpr std::size_t wrapped(std::size_t index) const noexcept {
        return index < size() ? index : index - size();
    }
    [[nodiscard]] constexpr std::size_t first_turn() const noexcept {
        return size() == 0 ? 0 : options_.phase % size();
    }

    options options_;
    detail::membership members_;
    std::size_t turn_ = 0;
};

template <>
inline constexpr std::array law_exceptions<round_robin>{
    law_exception{law::fairness, "every member of weight above 0 gets the same share", "LVS rr: ip_vs_rr.c"}};

static_assert(keyless_selector<round_robin> && !shareable_selector<round_robin>);

} // namespace poise

#endif
