// SPDX-License-Identifier: MIT
// The loop of random draws, whoever counts the loads and whoever draws.
#ifndef POISE_DETAIL_BEST_OF_DRAWS_HPP
#define POISE_DETAIL_BEST_OF_DRAWS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>

#include <poise/detail/membership.hpp>
#include <poise/member.hpp>

namespace poise::detail {

/// Of so many members, each selected by a random key, the index of the one whose `ratio_of(index)` is least, the last of them
/// among equals; `nobody` when nobody may be chosen, and then no number was drawn. No call of it is a choice's own: g++ 12
/// passes an index in a register, and an optional through memory.
template <class Keyed, class Engine, class Ratio, class Accept>
[[nodiscard, gnu::noinline]] constexpr std::size_t best_of_draws(const Keyed& keyed, Engine& draws_from,
                                                                 std::uint32_t draws, const Ratio& ratio_of,
                                                                 const Accept& accept) noexcept {
    Engine engine = draws_from; // of which nothing has moved when nobody is drawn
    const std::optional<slot> first = keyed.select(key_hash{engine()}, accept);
    if (!first) return nobody;
    std::size_t best = index_of(*first);
    for (std::uint32_t more = draws - 1; more > 0; --more) {
        const std::optional<slot> drawn = keyed.select(key_hash{engine()}, accept);
        if (!drawn) return nobody;
        const std::size_t here = index_of(*drawn);
        best = ratio_of(here).is_at_most(ratio_of(best)) ? here : best; // as good as random: a conditional move
    }
    draws_from = engine;
    return best;
}

} // namespace poise::detail

#endif
