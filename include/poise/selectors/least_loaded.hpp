// SPDX-License-Identifier: MIT
// Does:    the member with the least load for its weight; the load is the caller's: in flight, latency, queue length.
// Cost:    select O(members), each asked once for its load, and after a tie those behind the first of the tied again;
//          33 bytes a member, 49 unless ties go to the first.
// Use:     when somebody else counts already, or when least_connections' count is not what matters.
// Shared:  with ties::first, as far as the load is; with ties::random by workers, each with an engine of its own; with
//          ties::smooth no.
// Source:  as least_connections; the load as an argument: tower's balance and load.
#ifndef POISE_SELECTORS_LEAST_LOADED_HPP
#define POISE_SELECTORS_LEAST_LOADED_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <poise/detail/least.hpp>
#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Weighted least load. `Ties` decides among equals, `Engine` serves ties::random.
template <ties Ties, random_engine Engine = splitmix64>
    requires(Ties < ties::fifo) // which asks how long a load has been what it is
class basic_least_loaded {
    static constexpr bool remembers = Ties != ties::first;
    struct nothing {
        friend constexpr bool operator==(const nothing&, const nothing&) = default;
    };

  public:
    struct options {
        std::uint64_t seed = 0; ///< ties::random
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    /// What a thread keeps for ties::random.
    using worker = Engine;

    constexpr basic_least_loaded() : basic_least_loaded(options{}) {}
    constexpr explicit basic_least_loaded(options chosen) : ties_(made(chosen)) {}

    /// Takes the whole membership. Who stays keeps its turn among equals. Throws std::invalid_argument on a duplicate
    /// id or, unless ties go to the first, when members times the largest weight pass 2^60; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "least_loaded");
        if constexpr (remembers) ties_.assign(next, members_, "least_loaded");
        members_ = std::move(next);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {
        if constexpr (remembers) ties_.reset(members_);
    }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// What the thread with this number draws from among equals; no two draw alike.
    [[nodiscard]] constexpr worker worker_of(std::uint64_t number) const noexcept
        requires(Ties == ties::random)
    {
        return ties_.engine_of(number);
    }

    /// The member for which load / weight is least. Empty when nobody may be chosen, and then nothing has moved. The
    /// load may change meanwhile; then the choice is right for some of the values that it had.
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Load& load, const Accept& accept = {}) noexcept
        requires remembers
    {
        const auto eligible = members_.eligible(accept);
        const auto found = detail::find_least(members_, eligible, load);
        if (!found) return std::nullopt;
        return detail::slot_at(ties_.choose(Ties, *found, members_, eligible, load));
    }
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Load& load, const Accept& accept = {}) const noexcept
        requires(!remembers)
    {
        const auto found = detail::find_least(members_, members_.eligible(accept), load);
        if (!found) return std::nullopt;
        return detail::slot_at(found->first);
    }

    /// The same from any thread: each other one may have made one choice more that is not counted yet.
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(worker& mine, const Load& load,
                                                       const Accept& accept = {}) const noexcept
        requires(Ties == ties::random)
    {
        const auto eligible = members_.eligible(accept);
        const auto found = detail::find_least(members_, eligible, load);
        if (!found) return std::nullopt;
        if (found->count == 1) return detail::slot_at(found->first);
        return detail::slot_at(
            detail::any_of(*found, members_, detail::tied_with(*found, members_, eligible, load), mine));
    }

    friend bool operator==(const basic_least_loaded&, const basic_least_loaded&) = default;

  private:
    using memory = std::conditional_t<remembers, detail::tie_breaker<Engine>, nothing>;
    static constexpr memory made(options chosen) {
        if constexpr (remembers) {
            return memory(chosen.seed);
        } else {
            static_cast<void>(chosen);
            return {};
        }
    }

    detail::membership members_;
    [[no_unique_address]] memory ties_;
};

using least_loaded = basic_least_loaded<ties::smooth>;

static_assert(load_selector<least_loaded> && !shareable_selector<least_loaded>);
static_assert(worker_selector<basic_least_loaded<ties::random>> && !worker_selector<least_loaded>);
static_assert(load_selector<basic_least_loaded<ties::first>> && shareable_selector<basic_least_loaded<ties::first>>);

} // namespace poise

#endif
