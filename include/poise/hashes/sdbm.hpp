// SPDX-License-Identifier: MIT
// HAProxy's default hash: a polynomial in 65599. Fast for short keys; mixes poorly (the high bits of a short key are 0,
// the lowest bit is the parity of the bytes' lowest bits): use it as avalanched<sdbm>. Collisions are easy to make.
// Source: HAProxy, src/hash.c; O. Yigit's sdbm.
#ifndef POISE_HASHES_SDBM_HPP
#define POISE_HASHES_SDBM_HPP

#include <cstdint>
#include <span>
#include <string_view>

namespace poise::hashes {

struct sdbm {
    [[nodiscard]] constexpr std::uint32_t operator()(std::string_view bytes) const noexcept { return of(bytes); }
    [[nodiscard]] constexpr std::uint32_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        return of(bytes);
    }

  private:
    template <class Bytes>
    static constexpr std::uint32_t of(Bytes bytes) noexcept {
        std::uint32_t hash = 0;
        for (const auto byte : bytes) hash = hash * 65599U + static_cast<std::uint8_t>(byte);
        return hash;
    }
};

} // namespace poise::hashes

#endif
