// SPDX-License-Identifier: MIT
// A polynomial in 33 that starts at 5381, a byte a step. Mixes poorly (short keys of one length lie close together, and
// "ab" collides with "bA"): use it as avalanched<djb2>. Collisions are easy to make.
// Source: HAProxy, src/hash.c; D. J. Bernstein.
#ifndef POISE_HASHES_DJB2_HPP
#define POISE_HASHES_DJB2_HPP

#include <cstdint>
#include <span>
#include <string_view>

namespace poise::hashes {

struct djb2 {
  private:
    // Before its callers: clang 19 cannot use it in constant evaluation otherwise.
    template <class Bytes>
    static constexpr std::uint32_t of(Bytes bytes) noexcept {
        std::uint32_t hash = 5381;
        for (const auto byte : bytes) hash = hash * 33U + static_cast<std::uint8_t>(byte);
        return hash;
    }

  public:
    [[nodiscard]] constexpr std::uint32_t operator()(std::string_view bytes) const noexcept { return of(bytes); }
    [[nodiscard]] constexpr std::uint32_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        return of(bytes);
    }
};

} // namespace poise::hashes

#endif
