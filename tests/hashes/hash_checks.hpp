// SPDX-License-Identifier: MIT
// What every hash of bytes is asked: to agree with a plain model at every length and address, and how well it mixes.
#ifndef POISE_TESTS_HASHES_HASH_CHECKS_HPP
#define POISE_TESTS_HASHES_HASH_CHECKS_HPP

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <poise/hashes/byte_hash.hpp>

#include "support/random.hpp"

namespace test {

using bytes = std::vector<std::uint8_t>;

inline bytes random_bytes(random_source& random, std::size_t size) {
    bytes result(size);
    for (std::uint8_t& byte : result) byte = static_cast<std::uint8_t>(random.below(256));
    return result;
}

inline std::string_view as_text(std::span<const std::uint8_t> numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size()};
}

/// Lengths 0..300 at eight addresses, each with nothing behind it: both overloads give what the model gives.
template <poise::hashes::byte_hash Hash, class Model>
void check_against(const Hash& hash, const Model& model) {
    random_source random(1);
    for (std::size_t length = 0; length <= 300; ++length) {
        for (std::size_t before = 0; before < 8; ++before) {
            const bytes memory = random_bytes(random, before + length);
            const std::span<const std::uint8_t> numbers = std::span(memory).subspan(before);
            CAPTURE(length, before);
            const auto expected = model(numbers);
            REQUIRE(hash(numbers) == expected);
            REQUIRE(hash(as_text(numbers)) == expected);
        }
    }
}

/// How often the flip of one input bit flips one output bit, in parts of 1: the extremes over all pairs of bits.
struct flips {
    double least = 1;
    double most = 0;
};

/// Over `keys` random keys of this length.
template <poise::hashes::byte_hash Hash>
flips flips_of(const Hash& hash, std::size_t length, unsigned keys) {
    using value = decltype(hash(std::string_view{}));
    constexpr std::size_t output_bits = sizeof(value) * 8;
    std::vector<std::array<unsigned, output_bits>> counts(length * 8);
    random_source random(length);
    for (unsigned n = 0; n < keys; ++n) {
        bytes key = random_bytes(random, length);
        const value before = hash(key);
        for (std::size_t input = 0; input < length * 8; ++input) {
            const auto mask = static_cast<std::uint8_t>(1U << (input % 8));
            key[input / 8] ^= mask;
            const value changed = before ^ hash(key);
            key[input / 8] ^= mask;
            for (std::size_t output = 0; output < output_bits; ++output) {
                counts[input][output] += static_cast<unsigned>((changed >> output) & 1U);
            }
        }
    }
    flips result;
    for (const auto& of_input : counts) {
        const auto [least, most] = std::ranges::minmax(of_input);
        result.least = std::min(result.least, static_cast<double>(least) / keys);
        result.most = std::max(result.most, static_cast<double>(most) / keys);
    }
    return result;
}

} // namespace test

#endif
