// SPDX-License-Identifier: MIT
// HAProxy's default hash: a polynomial in 65599, a byte a step. Mixes poorly (of a short key the high bits are 0, and
// the lowest bit is the parity of the bytes' lowest bits): use it as avalanched<sdbm>. Collisions are easy to make.
// Source: HAProxy, src/hash.c; O. Yigit's sdbm.
#ifndef POISE_HASHES_SDBM_HPP
#define POISE_HASHES_SDBM_HPP

#include <cstdint>
#include <span>
#include <string_view>

namespace poise::hashes {

struct sdbm {
  private:
    // Before its callers: clang 19 cannot use it in constant evaluation otherwise.
    template <class Bytes>
    static constexpr std::uint32_t of(Bytes bytes) noexcept {
        std::uint32_t hash = 0;
        for (const auto byte : bytes) hash = hash * 65599U + static_cast<std::uint8_t>(byte);
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
