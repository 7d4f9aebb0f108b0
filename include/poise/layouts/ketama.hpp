// SPDX-License-Identifier: MIT
// The ring of nginx's `hash ... consistent`: 160 points for each unit of weight, made by a chain of CRC-32.
#ifndef POISE_LAYOUTS_KETAMA_HPP
#define POISE_LAYOUTS_KETAMA_HPP

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include <poise/hashes/crc32.hpp>
#include <poise/selectors/hash_ring.hpp>

namespace poise {

/// The id from which nginx derives the points of a server: the state of CRC-32 after its host, a zero byte and its
/// port, as `server` is written in nginx's configuration ("10.0.0.1:8080", "backend", "unix:/run/socket").
///
/// `place` orders those who have points in common, the lower first: the index of an address among those that one name
/// resolved to, or a server's place in the configuration, which settles even a chance collision as nginx does.
/// Source: nginx, src/http/modules/ngx_http_upstream_hash_module.c.
[[nodiscard]] constexpr std::uint64_t ketama_id(std::string_view server, std::uint32_t place = 0) noexcept {
    constexpr std::string_view unix_socket = "unix:";
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    bool is_socket = server.size() >= unix_socket.size();
    for (std::size_t i = 0; is_socket && i < unix_socket.size(); ++i) is_socket = lower(server[i]) == unix_socket[i];
    std::string_view host = server;
    std::string_view port;
    if (is_socket) {
        host = server.substr(unix_socket.size());
    } else if (const std::size_t digits = server.find_last_not_of("0123456789");
               digits != std::string_view::npos && server[digits] == ':') {
        host = server.substr(0, digits);
        port = server.substr(digits + 1);
    }
    std::uint32_t state = hashes::crc32::update(hashes::crc32::initial, host);
    state = hashes::crc32::update(state, std::string_view("\0", 1));
    state = hashes::crc32::update(state, port);
    return std::uint64_t{place} << 32U | state;
}

/// nginx's points, from the lower 32 bits of a `ketama_id`. Other ids do as well, they only make other rings; but who
/// shares the lower 32 bits shares all points, and then the lower id gets every key: they must differ.
struct ketama_layout {
    static constexpr std::uint32_t points_per_weight = 160;
    static constexpr ring_lookup lookup = ring_lookup::clockwise;

    /// Each point is the CRC-32 of the server and the point before it, which for the first is 0.
    static constexpr void place(std::uint64_t id, std::span<std::uint32_t> points) noexcept {
        std::uint32_t previous = 0;
        for (std::uint32_t& point : points) {
            const std::array<std::uint8_t, 4> bytes{
                static_cast<std::uint8_t>(previous), static_cast<std::uint8_t>(previous >> 8U),
                static_cast<std::uint8_t>(previous >> 16U), static_cast<std::uint8_t>(previous >> 24U)};
            point = ~hashes::crc32::update(static_cast<std::uint32_t>(id), bytes);
            previous = point;
        }
    }
};

/// nginx's `hash ... consistent`: the key is the CRC-32 of the request's.
using ketama_ring = hash_ring<ketama_layout>;

static_assert(keyed_selector<ketama_ring> && shareable_selector<ketama_ring>);

} // namespace poise

#endif
