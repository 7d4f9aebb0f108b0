// SPDX-License-Identifier: MIT
// Does:    draws two members by weight, perhaps the same twice, and takes the less loaded for its weight.
// Cost:    select O(members); 33 bytes a member.
// Use:     when many balancers share the members and LVS's draws are wanted; nginx_random draws in O(log members).
// Shared:  no, it draws.
// Source:  Linux IPVS "twos", net/netfilter/ipvs/ip_vs_twos.c; by model.
#ifndef POISE_SELECTORS_LVS_TWOS_HPP
#define POISE_SELECTORS_LVS_TWOS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <poise/detail/draw.hpp>
#include <poise/detail/least.hpp>
#include <poise/detail/membership.hpp>
#include <poise/random.hpp>
#include <poise/selector.hpp>

namespace poise {

/// LVS's power of two choices: the same choices for the same draws.
///
/// Its draws go from 0 to the sum of the weights, both included, and 0 falls on the first member as well: of n = sum + 1
/// draws that one gets a weight's worth and one more.
template <random_engine Engine>
class basic_lvs_twos {
  public:
    struct options {
        std::uint64_t seed = 0;
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    constexpr basic_lvs_twos() : basic_lvs_twos(options{}) {}
    constexpr explicit basic_lvs_twos(options chosen) : options_(chosen), engine_(chosen.seed) {}

    /// Takes the whole membership. Throws std::invalid_argument on a duplicate id; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        members_ = detail::membership(members, members_, "lvs_twos");
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// Starts the random numbers again.
    constexpr void reset() noexcept { engine_ = Engine(options_.seed); }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The first of two members drawn, unless the second is less loaded for its weight. In IPVS the load is
    /// `lvs_overhead`. Empty when nobody may be chosen, and then nothing has been drawn.
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Load& load, const Accept& accept = {}) noexcept {
        const auto eligible = members_.eligible(accept);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < size(); ++i) {
            if (eligible(i)) sum += members_.weight(i);
        }
        if (sum == 0) return std::nullopt;
        std::uint64_t left = detail::draw(engine_, sum + 1);
        std::uint64_t right = detail::draw(engine_, sum + 1);
        const auto reach = [](std::optional<std::size_t>& chosen, std::uint64_t& way, std::size_t i,
                              std::uint32_t weight) {
            if (chosen) return;
            if (way <= weight) chosen = i;
            way -= weight;
        };
        std::optional<std::size_t> first;
        std::optional<std::size_t> second;
        for (std::size_t i = 0; i < size() && !(first && second); ++i) {
            if (!eligible(i)) continue;
            reach(first, left, i, members_.weight(i));
            reach(second, right, i, members_.weight(i));
        }
        const auto load_of = [this, &load](std::size_t i) {
            return detail::ratio{.load = load(detail::slot_at(i)), .weight = members_.weight(i)};
        };
        return detail::slot_at(load_of(*second) < load_of(*first) ? *second : *first);
    }

    friend constexpr bool operator==(const basic_lvs_twos&, const basic_lvs_twos&) = default;

  private:
    options options_;
    detail::membership members_;
    Engine engine_;
};

using lvs_twos = basic_lvs_twos<splitmix64>;

template <class Engine>
inline constexpr std::array law_exceptions<basic_lvs_twos<Engine>>{law_exception{
    law::fairness, "the first member gets (weight + 1) / (sum + 1) of the draws", "IPVS twos: ip_vs_twos_schedule"}};

static_assert(load_selector<lvs_twos> && !shareable_selector<lvs_twos>);

} // namespace poise

#endif
