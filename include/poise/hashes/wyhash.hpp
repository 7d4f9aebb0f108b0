// SPDX-License-Identifier: MIT
// The default: 64 bits, well mixed, the fastest here from 16 bytes on. A seed makes another function but is no key: one
// chosen word erases all that the hash knew before it, under every seed. Use siphash where strangers choose the keys.
// Source: Wang Yi, "wyhash" final version 4.2 and 4.3 (the first final version 4 has other constants and other values).
#ifndef POISE_HASHES_WYHASH_HPP
#define POISE_HASHES_WYHASH_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <poise/detail/bytes.hpp>
#include <poise/detail/wide_multiply.hpp>

namespace poise::hashes {

/// Its values are pinned by tests: a change of one is a major version.
struct wyhash {
    std::uint64_t seed = 0;

  private:
    static constexpr std::array<std::uint64_t, 4> secret{0x2d358dccaa6c78a5U, 0x8bb84b93962eacc9U, 0x4b33a62ed433d4a3U,
                                                         0x4d5a2da51de1aa47U};

    static constexpr std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
        const detail::wide product = detail::wide_multiply(a, b);
        return product.high ^ product.low;
    }
    template <class Byte>
    static constexpr std::uint64_t eight(const Byte* from) noexcept {
        return detail::little_endian<std::uint64_t>(from);
    }
    /// Four bytes above four others.
    template <class Byte>
    static constexpr std::uint64_t four_and_four(const Byte* high, const Byte* low) noexcept {
        return (std::uint64_t{detail::little_endian<std::uint32_t>(high)} << 32U) |
               detail::little_endian<std::uint32_t>(low);
    }
    template <class Byte>
    static constexpr std::uint64_t absorbed(std::uint64_t state, const Byte* from, std::uint64_t with) noexcept {
        return mixed(eight(from) ^ with, eight(from + 8) ^ state);
    }

    // Before its callers: clang 19 cannot use it in constant evaluation otherwise.
    template <class Bytes>
    constexpr std::uint64_t of(Bytes bytes) const noexcept {
        const auto* from = bytes.data();
        const std::size_t size = bytes.size();
        const auto* const end = from + size;
        std::uint64_t state = seed ^ mixed(seed ^ secret[0], secret[1]);
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        if (size > 16) {
            if (size >= 48) {
                std::uint64_t second = state;
                std::uint64_t third = state;
                for (; end - from >= 48; from += 48) {
                    state = absorbed(state, from, secret[1]);
                    second = absorbed(second, from + 16, secret[2]);
                    third = absorbed(third, from + 32, secret[3]);
                }
                state ^= second ^ third;
            }
            for (; end - from > 16; from += 16) state = absorbed(state, from, secret[1]);
            // The last sixteen bytes of all, whether read already or not.
            a = eight(end - 16);
            b = eight(end - 8);
        } else if (size >= 4) {
            // Two words from the front and two from the back, which meet or overlap.
            const std::size_t step = size / 8 * 4;
            a = four_and_four(from, from + step);
            b = four_and_four(end - 4, end - 4 - step);
        } else if (size > 0) {
            const auto at = [from](std::size_t i) noexcept {
                return std::uint64_t{static_cast<std::uint8_t>(from[i])};
            };
            a = (at(0) << 16U) | (at(size / 2) << 8U) | at(size - 1);
        }
        const detail::wide product = detail::wide_multiply(a ^ secret[1], b ^ state);
        return mixed(product.low ^ secret[0] ^ size, product.high ^ secret[1]);
    }

  public:
    [[nodiscard]] constexpr std::uint64_t operator()(std::string_view bytes) const noexcept { return of(bytes); }
    [[nodiscard]] constexpr std::uint64_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        return of(bytes);
    }
};

} // namespace poise::hashes

#endif
