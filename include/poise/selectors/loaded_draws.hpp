// SPDX-License-Identifier: MIT
// Does:    draws some members at random and takes the one with the least load for its weight; the load is the caller's.
// Cost:    select: so many draws, each a selection by key, and so many loads; memory of the keyed selector.
// Use:     when somebody else counts, as a pool does, and above all when many threads choose: what is stale misleads two
//          draws less than a look at all.
// Shared:  by workers, as far as the load is: each draws from an engine of its own.
// Source:  M. Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12 (2001), and "How useful is
//          old information?", IEEE TPDS 11 (2000).
#ifndef POISE_SELECTORS_LOADED_DRAWS_HPP
#define POISE_SELECTORS_LOADED_DRAWS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <poise/detail/best_of_draws.hpp>
#include <poise/detail/draw.hpp>
#include <poise/detail/error.hpp>
#include <poise/detail/least.hpp>
#include <poise/detail/membership.hpp>
#include <poise/random.hpp>
#include <poise/selector.hpp>
#include <poise/selectors/alias_table.hpp>

namespace poise {

/// The least loaded of some random draws: each is a random key on `Keyed`.
template <class Keyed, random_engine Engine>
    requires keyed_selector<Keyed> && shareable_selector<Keyed>
class basic_loaded_draws {
  public:
    struct options {
        std::uint32_t draws = 2; ///< how many members are looked at, the same one perhaps twice; at least 1
        std::uint64_t seed = 0;
        friend constexpr bool operator==(const options&, const options&) = default;
    };
    /// What a thread keeps for its draws.
    using worker = Engine;

    constexpr basic_loaded_draws() : basic_loaded_draws(options{}) {}
    /// Throws std::invalid_argument when there is nothing to draw.
    constexpr explicit basic_loaded_draws(options chosen) : options_(chosen), engine_(chosen.seed) {
        if (chosen.draws == 0) detail::invalid("loaded_draws", "draws", 0, "at least 1");
    }

    /// Takes the whole membership. Throws what the keyed selector throws; nothing has changed then.
    constexpr void assign(std::span<const member> members) { keyed_.assign(members); }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return keyed_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return keyed_.members(); }

    /// Starts the random numbers again; not those of workers.
    constexpr void reset() noexcept { engine_ = Engine(options_.seed); }
    constexpr void disable(slot where) noexcept { keyed_.disable(where); }
    constexpr void enable(slot where) noexcept { keyed_.enable(where); }

    /// What the thread with this number draws from; no two draw alike.
    [[nodiscard]] constexpr worker worker_of(std::uint64_t number) const noexcept {
        return detail::worker_engine<Engine>(options_.seed, number);
    }

    /// The least loaded of the members drawn, the last of them among equals. Empty when nobody may be chosen.
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Load& load, const Accept& accept = {}) noexcept {
        return detail::choice(best(engine_, load, accept));
    }
    /// The same from any thread. Loads that others change are as they are when they are looked at: each other thread may have
    /// made one choice more that is not counted yet.
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(worker& mine, const Load& load,
                                                       const Accept& accept = {}) const noexcept {
        return detail::choice(best(mine, load, accept));
    }

    friend constexpr bool operator==(const basic_loaded_draws&, const basic_loaded_draws&) = default;

  private:
    template <class Load, class Accept>
    [[nodiscard]] constexpr std::size_t best(Engine& engine, const Load& load, const Accept& accept) const noexcept {
        const auto ratio_of = [&](std::size_t index) {
            return detail::ratio{.load = load(detail::slot_at(index)), .weight = keyed_.members()[index].weight};
        };
        return detail::best_of_draws(keyed_, engine, options_.draws, ratio_of, accept);
    }

    options options_;
    Keyed keyed_;
    Engine engine_;
};

using loaded_draws = basic_loaded_draws<alias_table, splitmix64>;

/// Those of what it draws from.
template <class Keyed, class Engine>
inline constexpr auto law_exceptions<basic_loaded_draws<Keyed, Engine>> = law_exceptions<Keyed>;

static_assert(load_selector<loaded_draws> && worker_selector<loaded_draws> && !shareable_selector<loaded_draws>);

} // namespace poise

#endif
