// SPDX-License-Identifier: MIT
// SipHash: 64 bits under a secret of 128, for where strangers choose the keys. SipHash-2-4 takes two to six times as long
// as the default.
// Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012.
#ifndef POISE_HASHES_SIPHASH_HPP
#define POISE_HASHES_SIPHASH_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <poise/detail/bytes.hpp>

namespace poise::hashes {

/// The key must be secret, drawn at random, and the same on all instances that shall agree.
///
/// What the key prevents: who does not know it cannot compute in advance which keys fall on one server, nor make two
/// keys of one hash. What it does not: who can see which server answers still collects keys of one server by trial, and
/// one very hot key always falls on one server. The defence against both is a bound on the load, not a hash.
template <unsigned PerWord, unsigned AtEnd>
struct basic_siphash {
    std::uint64_t key0; ///< the first eight bytes of the paper's key, least significant first
    std::uint64_t key1; ///< the other eight

    /// Without them there is no key.
    constexpr basic_siphash(std::uint64_t first, std::uint64_t second) noexcept : key0(first), key1(second) {}

  private:
    struct state {
        std::uint64_t v0, v1, v2, v3;

        constexpr void round() noexcept {
            v0 += v1;
            v2 += v3;
            v1 = std::rotl(v1, 13) ^ v0;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 = std::rotl(v0, 32) + v3;
            v2 += v1;
            v3 = std::rotl(v3, 21) ^ v0;
            v1 = std::rotl(v1, 17) ^ v2;
            v2 = std::rotl(v2, 32);
        }
        constexpr void absorb(std::uint64_t word) noexcept {
            v3 ^= word;
            for (unsigned i = 0; i < PerWord; ++i) round();
            v0 ^= word;
        }
    };

    // Before their callers: clang 19 cannot use them in constant evaluation otherwise.
    [[nodiscard]] constexpr state initial() const noexcept {
        return {.v0 = key0 ^ 0x736f6d6570736575U,
                .v1 = key1 ^ 0x646f72616e646f6dU,
                .v2 = key0 ^ 0x6c7967656e657261U,
                .v3 = key1 ^ 0x7465646279746573U};
    }
    [[nodiscard]] static constexpr std::uint64_t finished(state s, std::uint64_t last) noexcept {
        s.absorb(last);
        s.v2 ^= 0xffU;
        for (unsigned i = 0; i < AtEnd; ++i) s.round();
        return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    }
    template <class Bytes>
    constexpr std::uint64_t of(Bytes bytes) const noexcept {
        state s = initial();
        const auto* from = bytes.data();
        std::size_t left = bytes.size();
        for (; left >= 8; left -= 8, from += 8) s.absorb(detail::little_endian<std::uint64_t>(from));
        // The last word: what is left, and the length's lowest byte on top.
        std::uint64_t last = static_cast<std::uint64_t>(bytes.size()) << 56U;
        for (unsigned shift = 0; left > 0; --left, ++from, shift += 8) {
            last |= std::uint64_t{static_cast<std::uint8_t>(*from)} << shift;
        }
        return finished(s, last);
    }

  public:
    [[nodiscard]] constexpr std::uint64_t operator()(std::string_view bytes) const noexcept { return of(bytes); }
    [[nodiscard]] constexpr std::uint64_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        return of(bytes);
    }
    /// Of the four bytes of a number, least significant first: the same without looking at bytes.
    [[nodiscard]] constexpr std::uint64_t of_number(std::uint32_t number) const noexcept {
        return finished(initial(), std::uint64_t{4} << 56U | number);
    }
};

/// What the paper recommends. Others have their rounds by other arguments: the Linux kernel's hsiphash, on 64 bits, is
/// the lower half of basic_siphash<1, 3>.
using siphash = basic_siphash<2, 4>;

} // namespace poise::hashes

#endif
