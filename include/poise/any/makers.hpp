// SPDX-License-Identifier: MIT
// One function for each named algorithm: from option words to a selector and its key source.
#ifndef POISE_ANY_MAKERS_HPP
#define POISE_ANY_MAKERS_HPP

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <poise/any/named_keys.hpp>
#include <poise/any/words.hpp>
#include <poise/detail/lvs_key.hpp>
#include <poise/erasure.hpp>
#include <poise/selectors/bounded_load.hpp>
#include <poise/selectors/fast_weighted_round_robin.hpp>
#include <poise/selectors/first_available.hpp>
#include <poise/selectors/hash_ring.hpp>
#include <poise/selectors/interleaved_weighted_round_robin.hpp>
#include <poise/selectors/ip_hash.hpp>
#include <poise/selectors/keyed_or.hpp>
#include <poise/selectors/least_connections.hpp>
#include <poise/selectors/least_loaded.hpp>
#include <poise/selectors/lvs_hash.hpp>
#include <poise/selectors/lvs_least_connections.hpp>
#include <poise/selectors/lvs_locality.hpp>
#include <poise/selectors/lvs_maglev.hpp>
#include <poise/selectors/lvs_twos.hpp>
#include <poise/selectors/modulo_hash.hpp>
#include <poise/selectors/nginx_consistent_hash.hpp>
#include <poise/selectors/nginx_hash.hpp>
#include <poise/selectors/nginx_random.hpp>
#include <poise/selectors/random_draws.hpp>
#include <poise/selectors/round_robin.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>
#include <poise/selectors/static_round_robin.hpp>
#include <poise/selectors/weighted_failover.hpp>
#include <poise/selectors/weighted_overflow.hpp>

#include <poise/layouts/haproxy.hpp>
#include <poise/layouts/ketama.hpp>

namespace poise::detail {

/// What `make` was asked for.
struct asked {
    std::string_view name; ///< without parentheses
    std::optional<std::string_view> argument;
    words& options;
    std::uint64_t seed;

    /// What stands in the parentheses behind the name, which must be there.
    [[nodiscard]] std::string required(std::string_view what) const {
        if (argument && !argument->empty()) return std::string(*argument);
        const std::string usage = std::string(name) + "(" + std::string(what) + ")";
        invalid("make", "algorithm", argument ? std::string(name) + "()" : std::string(name), usage);
    }
};

template <class Selector>
[[nodiscard]] balancer keyless(Selector chosen) {
    return {.key = {}, .selector = any_selector(std::move(chosen))};
}

[[nodiscard]] inline std::uint64_t id_of_lvs(const server_identity& server) {
    return lvs_id(server.address, server.port, static_cast<std::uint16_t>(server.place));
}
[[nodiscard]] inline std::uint64_t id_of_ketama(const server_identity& server) {
    return ketama_id(server.name, server.place);
}

inline std::uint32_t max_fails_of(words& options) {
    return options.number<std::uint32_t>("max_fails").value_or(1);
}
inline std::uint64_t seed_of(const asked& by) {
    return by.options.number<std::uint64_t>("seed").value_or(by.seed);
}

/// What bounded_load takes.
inline std::optional<std::uint32_t> percent_of(words& options, std::string_view name) {
    return options.number<std::uint32_t>(name, 101, 65535);
}

// nginx

inline balancer make_smooth(const asked& by) {
    return keyless(smooth_weighted_round_robin({.max_fails = max_fails_of(by.options)}));
}
inline balancer make_least_conn(const asked& by) {
    return keyless(least_connections({.max_fails = max_fails_of(by.options)}));
}
inline balancer make_nginx_random(const asked& by) {
    return keyless(nginx_random(
        {.draws = by.options.flag("two") ? 2U : 1U, .max_fails = max_fails_of(by.options), .seed = seed_of(by)}));
}
inline balancer make_nginx_consistent_hash(const asked& by) {
    key_bytes bytes = any_bytes(by.options);
    bytes.of = [of = std::move(bytes.of)](const attributes& a) {
        const auto key = of(a);
        return key && key->empty() ? std::nullopt : key; // an empty key is none
    };
    return {.key = hashed_by(std::move(bytes), hash_with<hashes::crc32>),
            .selector = any_selector(nginx_consistent_hash({.max_fails = max_fails_of(by.options)})),
            .id_of = id_of_ketama};
}
inline balancer make_nginx_hash(const asked& by) {
    if (by.options.flag("consistent")) return make_nginx_consistent_hash(by);
    return {.key = hashed_by(any_bytes(by.options), [](std::string_view key) { return nginx_hash::key(key); }),
            .selector = any_selector(nginx_hash({.max_fails = max_fails_of(by.options)}))};
}
inline balancer make_ip_hash(const asked& by) {
    return {.key = {key_needs::addresses,
                    [](const attributes& a) {
                        return ip_hash::key(a.source);
                    }},
            .selector = any_selector(ip_hash({.max_fails = max_fails_of(by.options)}))};
}

// HAProxy

inline balancer make_roundrobin(const asked&) {
    return keyless(fast_weighted_round_robin());
}
inline balancer make_static_rr(const asked&) {
    return keyless(static_round_robin());
}
inline balancer make_leastconn(const asked&) {
    return keyless(least_connections({.ties = ties::fifo}));
}
inline balancer make_first(const asked&) {
    return keyless(first_available());
}
inline balancer make_random_draws(const asked& by) {
    const std::uint32_t draws = by.argument ? number_of<std::uint32_t>(by.name, "draws", *by.argument, 1) : 2;
    return keyless(random_draws({.draws = draws, .seed = seed_of(by)}));
}

/// hash-type, and what belongs to it.
inline balancer haproxy_hash(const asked& by, key_bytes bytes, hashed_as as = hashed_as::text) {
    static constexpr std::array<std::pair<std::string_view, bool>, 2> types{
        {{"map-based", false}, {"consistent", true}}};
    const bool consistent = by.options.one_of("hash-type", types).value_or(false);
    key_source key = haproxy_key(by.options, std::move(bytes), consistent, as);
    const auto factor = percent_of(by.options, "hash-balance-factor");
    if (factor && !consistent) {
        invalid(by.name, "hash-balance-factor", *factor, "only with hash-type consistent");
    }
    if (!consistent) return {.key = std::move(key), .selector = any_selector(modulo_hash())};
    if (!factor) return {.key = std::move(key), .selector = any_selector(haproxy_ring())};
    return {.key = std::move(key),
            .selector = any_selector(bounded_load<keyed_or<haproxy_ring>>({.balance_factor = *factor}))};
}
inline balancer make_source(const asked& by) {
    return haproxy_hash(by, address_bytes(by.options, &attributes::source), hashed_as::address);
}
inline balancer make_uri(const asked& by) {
    return haproxy_hash(by, uri_bytes(by.options));
}
inline balancer make_url_param(const asked& by) {
    return haproxy_hash(by, url_param_bytes(by.required("NAME")));
}
inline balancer make_hdr(const asked& by) {
    return haproxy_hash(by, header_bytes(by.options, by.required("NAME")));
}
inline balancer make_rdp_cookie(const asked& by) {
    return haproxy_hash(by, rdp_cookie_bytes(by.argument ? by.required("NAME") : "mstshash"));
}

// LVS

inline balancer make_rr(const asked&) {
    return keyless(round_robin());
}
inline balancer make_wrr(const asked&) {
    return keyless(interleaved_weighted_round_robin());
}

template <lvs_rule Rule>
balancer make_lvs_least(const asked&) {
    return keyless(lvs_least_connections({.rule = Rule}));
}
inline balancer make_fo(const asked&) {
    return keyless(weighted_failover());
}
inline balancer make_ovf(const asked&) {
    return keyless(weighted_overflow());
}
inline balancer make_twos(const asked& by) {
    return keyless(lvs_twos({.seed = seed_of(by)}));
}

/// LVS hashes the source's address, and with `port` its port as well.
inline key_source lvs_source_key(bool port) {
    return {key_needs::addresses, [port](const attributes& a) {
                return lvs_key(a.source, port ? a.source_port : std::uint16_t{0});
            }};
}
/// And the destination's, where the words do not name another key.
inline key_source lvs_destination_key(words& options) {
    if (options.has("key")) return hashed_by(any_bytes(options), hash_with<hashes::default_hash>);
    options.know("key", key_kinds);
    return {key_needs::addresses, [](const attributes& a) {
                return lvs_key(a.destination, 0);
            }};
}
inline balancer make_sh(const asked& by) {
    return {.key = lvs_source_key(by.options.flag("sh-port")),
            .selector = any_selector(lvs_hash({.fallback = by.options.flag("sh-fallback")}))};
}
inline balancer make_dh(const asked& by) {
    return {.key = lvs_destination_key(by.options), .selector = any_selector(lvs_hash({.deal = lvs_deal::evenly}))};
}
inline balancer make_mh(const asked& by) {
    const auto places = by.options.number<std::uint32_t>("places");
    return {.key = lvs_source_key(by.options.flag("mh-port")),
            .selector =
                any_selector(lvs_maglev({.places = places.value_or(4093), .fallback = by.options.flag("mh-fallback")})),
            .id_of = id_of_lvs};
}
template <lvs_replication Replication>
balancer make_locality(const asked& by) {
    key_source key = lvs_destination_key(by.options);
    const auto capacity = by.options.number<std::uint32_t>("capacity");
    constexpr std::int64_t longest = std::int64_t{1} << 40U; // seconds, so that none is too many to count
    const auto expiration = by.options.number<std::int64_t>("expiration", 0, longest);
    lvs_locality::options chosen{.replicate = Replication};
    if (capacity) chosen.capacity = *capacity;
    if (expiration) chosen.expiration = std::chrono::seconds(*expiration);
    return {.key = std::move(key), .selector = any_selector(lvs_locality(chosen))};
}

// Poise's own

inline balancer make_ring(const asked& by) {
    key_source key = hashed_by(any_bytes(by.options), any_hash(by.options));
    const auto bound = percent_of(by.options, "bound");
    if (!bound) return {.key = std::move(key), .selector = any_selector(ketama_ring()), .id_of = id_of_ketama};
    return {.key = std::move(key),
            .selector = any_selector(bounded_load<keyed_or<ketama_ring>>({.balance_factor = *bound})),
            .id_of = id_of_ketama};
}
inline balancer make_table(const asked& by) {
    key_source key = hashed_by(any_bytes(by.options), any_hash(by.options));
    const auto bound = percent_of(by.options, "bound");
    if (!bound) return {.key = std::move(key), .selector = any_selector(modulo_hash())};
    return {.key = std::move(key),
            .selector = any_selector(bounded_load<keyed_or<modulo_hash>>({.balance_factor = *bound}))};
}
inline balancer make_least_loaded(const asked& by) {
    static constexpr std::array<std::pair<std::string_view, ties>, 3> rules{
        {{"smooth", ties::smooth}, {"first", ties::first}, {"random", ties::random}}};
    switch (by.options.one_of("ties", rules).value_or(ties::smooth)) {
    case ties::first: return keyless(basic_least_loaded<ties::first>());
    case ties::random: return keyless(basic_least_loaded<ties::random>({.seed = seed_of(by)}));
    default: return keyless(least_loaded());
    }
}

} // namespace poise::detail

#endif
