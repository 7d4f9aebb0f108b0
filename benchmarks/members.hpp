// SPDX-License-Identifier: MIT
// Who is chosen among in every benchmark, and a choice as its user takes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <poise/member.hpp>

namespace bench {

/// `count` members; weight 1 each, or 1..100 in an order without pattern, the same in every run.
inline std::vector<poise::member> members(std::int64_t count, bool mixed) {
    std::vector<poise::member> result;
    std::uint64_t state = 1;
    for (std::int64_t i = 0; i < count; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const auto weight = mixed ? static_cast<std::uint32_t>((state >> 33U) % 100 + 1) : 1U;
        result.push_back({.id = static_cast<std::uint64_t>(i), .weight = weight});
    }
    return result;
}

/// A choice as its user takes it: g++ 12 would else put an optional into memory for the benchmark's sake.
inline std::uint64_t taken(std::optional<poise::slot> choice) {
    return choice ? static_cast<std::uint64_t>(*choice) : ~std::uint64_t{0};
}
inline std::uint64_t taken(std::size_t choice) {
    return choice;
}

} // namespace bench
