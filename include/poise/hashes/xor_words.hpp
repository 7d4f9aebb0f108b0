// SPDX-License-Identifier: MIT
// How HAProxy's `balance source` hashes an address: the XOR of its 32-bit words, most significant byte first. An IPv4
// address is its own hash, and neighbours stay neighbours: use it as avalanched<xor_words>. Anybody who has a /64 of
// IPv6 makes collisions at will.
// Source: HAProxy, get_server_sh in src/backend.c.
#ifndef POISE_HASHES_XOR_WORDS_HPP
#define POISE_HASHES_XOR_WORDS_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <poise/detail/bytes.hpp>

namespace poise::hashes {

/// Takes the 4 bytes of an IPv4 address or the 16 of an IPv6 address, in network order. Of any other length, the last
/// word is filled with zero bytes; HAProxy, which never has such a length, would leave that word out.
struct xor_words {
  private:
    // Before its callers: clang 19 cannot use it in constant evaluation otherwise.
    template <class Bytes>
    static constexpr std::uint32_t of(Bytes bytes) noexcept {
        const auto* from = bytes.data();
        std::size_t left = bytes.size();
        std::uint32_t hash = 0;
        for (; left >= 4; left -= 4, from += 4) hash ^= detail::big_endian<std::uint32_t>(from);
        for (unsigned shift = 24; left > 0; --left, ++from, shift -= 8) {
            hash ^= std::uint32_t{static_cast<std::uint8_t>(*from)} << shift;
        }
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
