// SPDX-License-Identifier: MIT
// CRC-32 as in zlib, nginx and HAProxy, eight bytes a step with 8 KiB of tables. Spreads ordinary keys well; but it is
// linear: whoever chooses keys computes as many of one value as he likes.
// Source: ISO 3309, polynomial 0xedb88320 reflected; slicing: M. E. Kounavis, F. L. Berry, ISCC 2005.
#ifndef POISE_HASHES_CRC32_HPP
#define POISE_HASHES_CRC32_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <poise/detail/bytes.hpp>

namespace poise::hashes {

struct crc32 {
    /// The state before any byte.
    static constexpr std::uint32_t initial = 0xffffffffU;

  private:
    /// tables[zeros][byte] is what `byte` contributes when `zeros` more bytes have followed it.
    static constexpr auto tables = [] {
        std::array<std::array<std::uint32_t, 256>, 8> result{};
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            std::uint32_t state = byte;
            for (int bit = 0; bit < 8; ++bit) state = (state >> 1U) ^ ((state & 1U) * 0xedb88320U);
            result[0][byte] = state;
        }
        for (std::size_t zeros = 1; zeros < 8; ++zeros) {
            for (std::size_t byte = 0; byte < 256; ++byte) {
                const std::uint32_t state = result[zeros - 1][byte];
                result[zeros][byte] = (state >> 8U) ^ result[0][state & 0xffU];
            }
        }
        return result;
    }();

    // Before its callers: clang 19 cannot use it in constant evaluation otherwise.
    template <class Bytes>
    static constexpr std::uint32_t after(std::uint32_t state, Bytes bytes) noexcept {
        const auto* from = bytes.data();
        std::size_t left = bytes.size();
        for (; left >= 8; left -= 8, from += 8) {
            const std::uint64_t word = detail::little_endian<std::uint64_t>(from) ^ state;
            state = tables[7][word & 0xffU] ^ tables[6][(word >> 8U) & 0xffU] ^ tables[5][(word >> 16U) & 0xffU] ^
                    tables[4][(word >> 24U) & 0xffU] ^ tables[3][(word >> 32U) & 0xffU] ^
                    tables[2][(word >> 40U) & 0xffU] ^ tables[1][(word >> 48U) & 0xffU] ^ tables[0][word >> 56U];
        }
        for (; left > 0; --left, ++from) {
            state = (state >> 8U) ^ tables[0][(state ^ static_cast<std::uint8_t>(*from)) & 0xffU];
        }
        return state;
    }

    /// Of polynomials, modulo that of the hash.
    static constexpr std::uint32_t product(std::uint32_t a, std::uint32_t b) noexcept {
        std::uint32_t sum = 0;
        for (std::uint32_t bit = 0x80000000U; bit != 0; bit >>= 1U) {
            if ((a & bit) != 0) sum ^= b;
            b = (b >> 1U) ^ ((b & 1U) * 0xedb88320U);
        }
        return sum;
    }

  public:
    /// The state after `bytes`; the hash of all bytes so far is its complement.
    [[nodiscard]] static constexpr std::uint32_t update(std::uint32_t state, std::string_view bytes) noexcept {
        return after(state, bytes);
    }
    [[nodiscard]] static constexpr std::uint32_t update(std::uint32_t state,
                                                        std::span<const std::uint8_t> bytes) noexcept {
        return after(state, bytes);
    }

    /// From the hash of some bytes, what it contributes when `zeros` more bytes have followed: the hash of two texts
    /// is that of the first, so moved on by the length of the second, xor that of the second. O(log zeros).
    [[nodiscard]] static constexpr std::uint32_t followed_by_zeros(std::uint32_t hash, std::uint64_t zeros) noexcept {
        std::uint32_t power = std::uint32_t{1} << 23U; // x^8: bit 31 is 1, bit 30 is x
        for (; zeros > 0; zeros >>= 1U) {
            if ((zeros & 1U) != 0) hash = product(hash, power);
            power = product(power, power);
        }
        return hash;
    }

    [[nodiscard]] constexpr std::uint32_t operator()(std::string_view bytes) const noexcept {
        return ~after(initial, bytes);
    }
    [[nodiscard]] constexpr std::uint32_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        return ~after(initial, bytes);
    }
};

} // namespace poise::hashes

#endif
