// SPDX-License-Identifier: MIT
// The words every algorithm speaks: member, slot, key_hash, and how members get their ids.
#ifndef POISE_MEMBER_HPP
#define POISE_MEMBER_HPP

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace poise {

/// All that an algorithm may know of an endpoint.
struct member {
    std::uint64_t id;         ///< stable identity: state follows it through every change of the membership
    std::uint32_t weight = 1; ///< share of the selections; 0 = drained: kept, never chosen

    friend constexpr bool operator==(const member&, const member&) = default;
};

/// A position in the membership last assigned. It means nothing after the next `assign`; an id does.
enum class slot : std::uint32_t {};

/// A request's key, hashed by a stable hash (never `std::hash`, which differs between libraries).
enum class key_hash : std::uint64_t {};

/// Members with ids 0, 1, 2, ... and the given weights: for tests, examples and fixed set-ups.
[[nodiscard]] constexpr std::vector<member> members(std::initializer_list<std::uint32_t> weights) {
    std::vector<member> result;
    result.reserve(weights.size());
    for (const std::uint32_t weight : weights) result.push_back({.id = result.size(), .weight = weight});
    return result;
}

/// An id for the endpoint `host`:`port` that is the same in every process and on every machine.
///
/// FNV-1a (64 bit) over the host's bytes, a zero byte and the port, most significant byte first. Bytes are taken
/// as they are: spell a host the same way everywhere. Ids made of up to 10,000 endpoints collide with a chance
/// below 1e-11; a collision is reported by `assign` as a duplicate id, never taken silently.
/// Source: G. Fowler, L. C. Noll, K.-P. Vo, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923.
[[nodiscard]] constexpr std::uint64_t endpoint_id(std::string_view host, std::uint16_t port) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    const auto add = [&hash](unsigned byte) {
        hash = (hash ^ byte) * 0x100000001b3U;
    };
    for (const char c : host) add(static_cast<unsigned char>(c));
    add(0);
    add(port >> 8U);
    add(port & 0xffU);
    return hash;
}

} // namespace poise

#endif
