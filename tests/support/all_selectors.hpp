// SPDX-License-Identifier: MIT
// Every selector, and one way to drive each, so that a law is written once.
#ifndef POISE_TESTS_SUPPORT_ALL_SELECTORS_HPP
#define POISE_TESTS_SUPPORT_ALL_SELECTORS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include <poise/poise.hpp>

namespace test {

using all_selectors =
    std::tuple<poise::interleaved_weighted_round_robin, poise::round_robin, poise::smooth_weighted_round_robin>;

/// What the selector calls itself in its messages.
template <class Selector>
inline constexpr std::string_view name_of = "";
template <>
inline constexpr std::string_view name_of<poise::interleaved_weighted_round_robin> = "interleaved_weighted_round_robin";
template <>
inline constexpr std::string_view name_of<poise::round_robin> = "round_robin";
template <>
inline constexpr std::string_view name_of<poise::smooth_weighted_round_robin> = "smooth_weighted_round_robin";

/// The `turn`-th selection; the turn stands for the request, which only some selectors look at.
template <poise::selector Selector, poise::accept_rule Accept = poise::accept_all>
std::optional<poise::slot> choose(Selector& selector, std::uint64_t turn, const Accept& accept = {}) noexcept {
    if constexpr (poise::keyless_selector<Selector>) {
        static_cast<void>(turn);
        return selector.select(accept);
    } else if constexpr (poise::keyed_selector<Selector>) {
        return selector.select(poise::key_hash{turn * 0x9e3779b97f4a7c15U}, accept);
    } else {
        return selector.select([turn](poise::slot where) { return turn ^ static_cast<std::uint64_t>(where); }, accept);
    }
}

/// Tells of a failure whoever wants to hear of it.
template <poise::selector Selector>
void fail(Selector& selector, poise::slot where) noexcept {
    if constexpr (poise::failure_aware_selector<Selector>) selector.failed(where);
}

/// The choices that a copy would make: ids, because slots move; none = -1.
template <poise::selector Selector>
std::vector<std::int64_t> future(Selector selector, std::uint64_t selections) {
    std::vector<std::int64_t> ids;
    for (std::uint64_t turn = 0; turn < selections; ++turn) {
        const auto chosen = choose(selector, turn);
        ids.push_back(chosen ? static_cast<std::int64_t>(selector.members()[static_cast<std::size_t>(*chosen)].id)
                             : -1);
    }
    return ids;
}

inline bool contains(std::span<const std::uint64_t> ids, std::uint64_t id) {
    for (const std::uint64_t one : ids) {
        if (one == id) return true;
    }
    return false;
}

/// The same rejection as `except(ids)`, as a plain predicate.
inline auto all_but(std::span<const std::uint64_t> ids, std::span<const poise::member> members) {
    return [ids, members](poise::slot where) {
        return !contains(ids, members[static_cast<std::size_t>(where)].id);
    };
}

} // namespace test

#endif
