// SPDX-License-Identifier: MIT
// What a hash of bytes is.
#ifndef POISE_HASHES_BYTE_HASH_HPP
#define POISE_HASHES_BYTE_HASH_HPP

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace poise::hashes {

/// What a hash may give: an unsigned integer of at most 64 bits, and no bool.
template <class T>
concept hash_value = std::unsigned_integral<T> && !std::same_as<T, bool> && std::numeric_limits<T>::digits <= 64;

/// Hashes bytes, given as text or as numbers.
///
/// Law: a pure function of the bytes: text and numbers of the same bytes give the same value, on every machine, with
/// every compiler, and in constant evaluation.
template <class Hash>
concept byte_hash = requires(const Hash& hash, std::string_view text, std::span<const std::uint8_t> numbers) {
    { hash(text) } noexcept -> hash_value;
    { hash(numbers) } noexcept -> std::same_as<decltype(hash(text))>;
};

static_assert(byte_hash<decltype([](auto) noexcept { return 1U; })>);
static_assert(!byte_hash<decltype([](auto) { return 1U; })>, "a hash never throws");
static_assert(!byte_hash<decltype([](auto) mutable noexcept { return 1U; })>, "a hash has no state that changes");
static_assert(!byte_hash<decltype([](auto) noexcept { return 1; })>, "a hash is never negative");
static_assert(!byte_hash<decltype([](auto) noexcept { return true; })>, "a bool is a predicate");
static_assert(!byte_hash<decltype([](auto bytes) noexcept { return bytes[0]; })>, "one type for the same bytes");
static_assert(!byte_hash<std::uint32_t (*)(std::string_view) noexcept>, "keys are also made of numbers");
static_assert(!byte_hash<std::hash<std::string_view>>, "std::hash differs between libraries");

} // namespace poise::hashes

#endif
