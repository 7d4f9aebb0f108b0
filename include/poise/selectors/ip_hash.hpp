// SPDX-License-Identifier: MIT
// Does:    nginx's ip_hash: a member by the client's network, the first three bytes of an IPv4 address or all of an IPv6
//          one; retries as nginx_hash makes them.
// Cost:    as nginx_hash.
// Use:     when nginx's places are wanted for clients; keys::source over a ring moves fewer clients.
// Shared:  no, the round robin moves.
// Source:  nginx, src/http/modules/ngx_http_upstream_ip_hash_module.c.
#ifndef POISE_SELECTORS_IP_HASH_HPP
#define POISE_SELECTORS_IP_HASH_HPP

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <poise/selectors/nginx_hash.hpp>

namespace poise {

/// The hash goes over the address again for each retry, from where it is: modulo 6271 that is one step h -> a h + b,
/// and a key_hash holds a and b.
class ip_rehash {
  public:
    static constexpr std::string_view name = "ip_hash";

    /// `address` is 4 or 16 bytes in network order; none of another length. An IPv4 address that is mapped into IPv6
    /// counts as 16 bytes, as in nginx. nginx puts clients without an address, those of Unix sockets, where 0.0.0.0 is.
    [[nodiscard]] static constexpr std::optional<key_hash> key(std::span<const std::uint8_t> address) noexcept {
        if (address.size() != 4 && address.size() != 16) return std::nullopt;
        if (address.size() == 4) address = address.first(3);
        std::uint32_t factor = 1;
        std::uint32_t offset = 0;
        for (const std::uint8_t byte : address) {
            factor = factor * 113 % modulus;
            offset = (offset * 113 + byte) % modulus;
        }
        return key_hash{std::uint64_t{factor} << 32U | offset};
    }

    constexpr explicit ip_rehash(key_hash key) noexcept
        : factor_(static_cast<std::uint32_t>((static_cast<std::uint64_t>(key) >> 32U) % modulus)),
          offset_(static_cast<std::uint32_t>((static_cast<std::uint64_t>(key) & 0xffffffffU) % modulus)) {}

    [[nodiscard]] static constexpr bool empty() noexcept { return false; }
    [[nodiscard]] constexpr std::uint32_t next() noexcept { return hash_ = (hash_ * factor_ + offset_) % modulus; }

  private:
    static constexpr std::uint32_t modulus = 6271;

    std::uint32_t factor_;
    std::uint32_t offset_;
    std::uint32_t hash_ = 89;
};

using ip_hash = basic_nginx_hash<ip_rehash>;

static_assert(keyed_selector<ip_hash> && failure_aware_selector<ip_hash> && !shareable_selector<ip_hash>);

} // namespace poise

#endif
