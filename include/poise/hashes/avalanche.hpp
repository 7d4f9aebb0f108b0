// SPDX-License-Identifier: MIT
// HAProxy's `avalanche`: spreads a 32-bit hash over its range, one to one, in some twenty instructions. It repairs poor
// mixing; a collision stays a collision.
// Source: HAProxy, full_hash in include/haproxy/intops.h; B. Jenkins, burtleburtle.net/bob/hash/integer.html.
#ifndef POISE_HASHES_AVALANCHE_HPP
#define POISE_HASHES_AVALANCHE_HPP

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include <poise/hashes/byte_hash.hpp>

namespace poise::hashes {

[[nodiscard]] constexpr std::uint32_t avalanche(std::uint32_t hash) noexcept {
    hash = (hash + 0x7ed55d16U) + (hash << 12U);
    hash = (hash ^ 0xc761c23cU) ^ (hash >> 19U);
    hash = (hash + 0x165667b1U) + (hash << 5U);
    hash = (hash + 0xd3a2646cU) ^ (hash << 9U);
    hash = (hash + 0xfd7046c5U) + (hash << 3U);
    hash = (hash ^ 0xb55a4f09U) ^ (hash >> 16U);
    return hash * 0xc0000001U;
}

/// A 32-bit hash with the avalanche behind it: `avalanched<sdbm>` is what HAProxy's consistent hashing uses by default.
template <byte_hash Hash>
    requires std::same_as<std::invoke_result_t<const Hash&, std::string_view>, std::uint32_t>
struct avalanched {
    Hash hash{};

    [[nodiscard]] constexpr std::uint32_t operator()(std::string_view bytes) const noexcept {
        return avalanche(hash(bytes));
    }
    [[nodiscard]] constexpr std::uint32_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        return avalanche(hash(bytes));
    }
};

} // namespace poise::hashes

#endif
