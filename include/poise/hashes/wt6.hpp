// SPDX-License-Identifier: MIT
// Two words, rotated by amounts that depend on the data, a byte a step. Mixes better than sdbm and djb2, not well (a
// bit of the last byte may leave a bit of the hash alone in 9 keys of 10): use it as avalanched<wt6>. It has no key: no
// defence against chosen keys.
// Source: HAProxy, src/hash.c; W. Tarreau.
#ifndef POISE_HASHES_WT6_HPP
#define POISE_HASHES_WT6_HPP

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

namespace poise::hashes {

struct wt6 {
  private:
    // Before its callers: clang 19 cannot use it in constant evaluation otherwise.
    template <class Bytes>
    static constexpr std::uint32_t of(Bytes bytes) noexcept {
        std::uint32_t first = 0xa53c965aU;
        std::uint32_t second = 0x5ca6953aU;
        int first_turn = 6;
        int second_turn = 18;
        for (const auto byte : bytes) {
            const std::uint32_t mixed = ~(first ^ static_cast<std::uint8_t>(byte));
            const std::uint32_t added = ~(second + static_cast<std::uint8_t>(byte));
            first = std::rotl(added, first_turn);
            second = std::rotl(mixed, second_turn);
            const std::uint32_t turns = (first >> 16U) ^ second;
            first_turn = static_cast<int>(turns & 31U);
            second_turn = static_cast<int>((turns >> 11U) & 31U);
        }
        return first ^ second;
    }

  public:
    [[nodiscard]] constexpr std::uint32_t operator()(std::string_view bytes) const noexcept { return of(bytes); }
    [[nodiscard]] constexpr std::uint32_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        return of(bytes);
    }
};

} // namespace poise::hashes

#endif
