// SPDX-License-Identifier: MIT
// What LVS's hashing schedulers make of a request, and how they look further when who is chosen may not be.
#ifndef POISE_DETAIL_LVS_KEY_HPP
#define POISE_DETAIL_LVS_KEY_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <poise/detail/circle.hpp>
#include <poise/detail/fingerprint.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/remainder.hpp>
#include <poise/hashes/xor_words.hpp>
#include <poise/member.hpp>

namespace poise::detail {

/// The address as one number, an IPv6 address folded by XOR; none where there are not 4 or 16 bytes.
[[nodiscard]] constexpr std::optional<std::uint32_t> lvs_address(std::span<const std::uint8_t> bytes) noexcept {
    if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
    return hashes::xor_words{}(bytes);
}

/// Address and port added up, modulo 2^32: all that is hashed, with an offset on top for each time that it is hashed
/// again. The key_hash is that number.
[[nodiscard]] constexpr std::optional<key_hash> lvs_key(std::span<const std::uint8_t> address,
                                                        std::uint16_t port) noexcept {
    const auto number = lvs_address(address);
    return number ? std::optional(key_hash{*number + port}) : std::nullopt;
}

/// The owner of the key's place in `table`; if that one may not be chosen, and there is a `fallback`, of the places of
/// the key with the offsets from there on, around the table. `place(number)` hashes.
template <class Place, class Eligible>
[[nodiscard]] constexpr std::optional<slot> lvs_lookup(const circle& table, const remainder& size, key_hash key,
                                                       bool fallback, const Place& place,
                                                       const Eligible& eligible) noexcept {
    if (table.size() == 0) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(key);
    const std::size_t first = place(number, 0);
    if (eligible(index_of(table[first]))) return table[first];
    if (!fallback) return std::nullopt;
    for (std::size_t step = 0; step < table.size(); ++step) {
        const auto offset = static_cast<std::uint32_t>(size.of(first + step));
        const slot owner = table[place(number, offset)];
        if (eligible(index_of(owner))) return owner;
    }
    return std::nullopt;
}

/// A digest of whose the places are, but for those who are drained.
[[nodiscard]] constexpr std::uint64_t lvs_fingerprint(const circle& table, const membership& members) noexcept {
    fingerprint digest;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const member& owner = members.members()[index_of(table[i])];
        if (owner.weight == 0) continue;
        digest.add(i);
        digest.add(owner.id);
    }
    return digest.value();
}

} // namespace poise::detail

#endif
