// SPDX-License-Identifier: MIT
// Does:    LVS's lc, wlc, sed and nq: the member with the least connections, by one of four measures; of equals the
//          first. The load is the caller's: what is in flight, or `lvs_overhead`.
// Cost:    select O(members); 33 bytes a member.
// Use:     wlc when requests last unequally long; sed and nq when few requests are under way and members differ much.
// Shared:  yes, as far as the load is.
// Source:  Linux IPVS, net/netfilter/ipvs/ip_vs_lc.c, ip_vs_wlc.c, ip_vs_sed.c, ip_vs_nq.c; by model.
#ifndef POISE_SELECTORS_LVS_LEAST_CONNECTIONS_HPP
#define POISE_SELECTORS_LVS_LEAST_CONNECTIONS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include <poise/detail/least.hpp>
#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// What "least" means to LVS.
enum class lvs_rule {
    lc,  ///< the load; weights do not count, except that 0 is drained
    wlc, ///< the load for the weight
    sed, ///< shortest expected delay: the load with one request more, for the weight
    nq,  ///< never queue: the first who is idle, else as sed
};

/// The load by which LVS measures lc and wlc where inactive connections (closed, still remembered) are known too: an
/// active one counts as 256 of them. The comment in IPVS's lc that speaks of 32 is stale. Below 2^56 active ones.
[[nodiscard]] constexpr std::uint64_t lvs_overhead(std::uint64_t active, std::uint64_t inactive) noexcept {
    return (active << 8U) + inactive;
}

/// LVS's least connections by `options.rule`, choice for choice. IPVS's overloaded destination is a rejected member here.
class lvs_least_connections {
  public:
    struct options {
        lvs_rule rule = lvs_rule::wlc;
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    constexpr lvs_least_connections() = default;
    /// Throws std::invalid_argument on a rule that is none.
    constexpr explicit lvs_least_connections(options chosen) : options_(chosen) {
        if (chosen.rule > lvs_rule::nq) {
            detail::invalid("lvs_least_connections", "rule", static_cast<std::uint64_t>(chosen.rule),
                            "lc, wlc, sed or nq");
        }
    }

    /// Takes the whole membership. Throws std::invalid_argument on a duplicate id; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        members_ = detail::membership(members, members_, "lvs_least_connections");
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {}
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The least loaded by the rule, the first of them. For sed and nq the load is the number of active connections, for
    /// lc and wlc that or the overhead. Empty when nobody may be chosen.
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Load& load, const Accept& accept = {}) const noexcept {
        const auto eligible = members_.eligible(accept);
        switch (options_.rule) {
        case lvs_rule::lc:
            return least(eligible, [&load](std::size_t i) {
                return detail::ratio{.load = load(detail::slot_at(i)), .weight = 1};
            });
        case lvs_rule::nq:
            for (std::size_t i = 0; i < size(); ++i) {
                if (eligible(i) && load(detail::slot_at(i)) == 0) return detail::slot_at(i);
            }
            [[fallthrough]];
        case lvs_rule::sed:
            return least(eligible, [this, &load](std::size_t i) {
                const std::uint64_t active = load(detail::slot_at(i));
                constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
                return detail::ratio{.load = active == most ? most : active + 1, .weight = members_.weight(i)};
            });
        case lvs_rule::wlc: break;
        }
        return least(eligible, [this, &load](std::size_t i) {
            return detail::ratio{.load = load(detail::slot_at(i)), .weight = members_.weight(i)};
        });
    }

    friend constexpr bool operator==(const lvs_least_connections&, const lvs_least_connections&) = default;

  private:
    template <class Eligible, class Measure>
    [[nodiscard]] constexpr std::optional<slot> least(const Eligible& eligible, const Measure& measure) const noexcept {
        const auto found = detail::find_least_by(members_, eligible, measure);
        return found ? std::optional(detail::slot_at(found->first)) : std::nullopt;
    }

    options options_;
    detail::membership members_;
};

template <>
inline constexpr std::array law_exceptions<lvs_least_connections>{
    law_exception{law::fairness, "lc looks at no weight, and nq prefers the first who is idle",
                  "IPVS: ip_vs_lc_schedule, ip_vs_nq_schedule"}};

static_assert(load_selector<lvs_least_connections> && shareable_selector<lvs_least_connections>);

} // namespace poise

#endif
