// SPDX-License-Identifier: MIT
// From a request's key to the key_hash that keyed selectors take.
#ifndef POISE_HASHES_HASHED_HPP
#define POISE_HASHES_HASHED_HPP

#include <cstdint>
#include <span>
#include <string_view>

#include <poise/hashes/byte_hash.hpp>
#include <poise/hashes/wyhash.hpp>
#include <poise/member.hpp>

namespace poise {

namespace hashes {

/// What `hashed` uses when it is given no hash. Its values are pinned: a change of one is a major version.
using default_hash = wyhash;

} // namespace hashes

/// `selector.select(poise::hashed(key))`. A hash of fewer than 64 bits is kept as the number it is.
template <hashes::byte_hash Hash = hashes::default_hash>
[[nodiscard]] constexpr key_hash hashed(std::string_view bytes, const Hash& hash = {}) noexcept {
    return static_cast<key_hash>(hash(bytes));
}

template <hashes::byte_hash Hash = hashes::default_hash>
[[nodiscard]] constexpr key_hash hashed(std::span<const std::uint8_t> bytes, const Hash& hash = {}) noexcept {
    return static_cast<key_hash>(hash(bytes));
}

} // namespace poise

#endif
