// SPDX-License-Identifier: MIT
// Gives:   the client's address or its network: the first bytes of an IPv4 or IPv6 address in network order.
// Cost:    O(1); a view of the caller's bytes.
// Absent:  when there are not 4 or 16 bytes: the peer of a Unix socket has no address.
// Source:  HAProxy, `balance source`. nginx's `ip_hash` has a key of its own: `ip_hash::key` of the whole address.
#ifndef POISE_KEYS_SOURCE_HPP
#define POISE_KEYS_SOURCE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <poise/detail/error.hpp>

namespace poise::keys {

/// The address that a request comes from.
///
/// An IPv4 address that is mapped into IPv6 (::ffff:a.b.c.d) counts as the IPv4 address that it is: a dual-stack
/// socket gives every IPv4 client in this form, and a prefix for IPv6 would put all of them on one server. HAProxy
/// does not unmap.
class source {
  public:
    struct options {
        std::uint32_t ipv4_prefix = 32;  ///< bits of an IPv4 address that count: 8, 16, 24 or 32
        std::uint32_t ipv6_prefix = 128; ///< bits of an IPv6 address that count: a multiple of 8 from 8 to 128
    };

    constexpr source() noexcept = default;

    /// Throws std::invalid_argument on a prefix that is no whole number of bytes, too long, or 0: with that, every
    /// client would have the same key.
    constexpr explicit source(options chosen) : options_(chosen) {
        if (!is_prefix(chosen.ipv4_prefix, 32)) {
            poise::detail::invalid("keys::source", "ipv4_prefix", chosen.ipv4_prefix, "8, 16, 24 or 32");
        }
        if (!is_prefix(chosen.ipv6_prefix, 128)) {
            poise::detail::invalid("keys::source", "ipv6_prefix", chosen.ipv6_prefix, "a multiple of 8 from 8 to 128");
        }
    }

    [[nodiscard]] constexpr std::optional<std::span<const std::uint8_t>>
    operator()(std::span<const std::uint8_t> address) const noexcept {
        if (is_mapped(address)) address = address.last(4);
        if (address.size() == 4) return address.first(options_.ipv4_prefix / 8);
        if (address.size() == 16) return address.first(options_.ipv6_prefix / 8);
        return std::nullopt;
    }

  private:
    [[nodiscard]] static constexpr bool is_prefix(std::uint32_t bits, std::uint32_t most) noexcept {
        return bits > 0 && bits <= most && bits % 8 == 0;
    }
    [[nodiscard]] static constexpr bool is_mapped(std::span<const std::uint8_t> address) noexcept {
        constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        return address.size() == 16 && std::ranges::equal(address.first(prefix.size()), prefix);
    }

    options options_;
};

} // namespace poise::keys

#endif
