// SPDX-License-Identifier: MIT
// any_selector by name: `make` and `names`, for whoever chooses an algorithm at run time. It includes every selector,
// and nothing else of Poise includes it: erasure.hpp has the type alone.
#ifndef POISE_ANY_SELECTOR_HPP
#define POISE_ANY_SELECTOR_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <poise/any/makers.hpp>
#include <poise/any/named_keys.hpp>
#include <poise/any/words.hpp>
#include <poise/erasure.hpp>

namespace poise {

/// How to ask for an algorithm.
struct algorithm_name {
    std::string_view name;    ///< its system's, "nginx/least_conn", or its own where no system has it
    std::string_view own;     ///< what `make` takes as well: the selector's type, and what tells it apart
    std::string_view summary; ///< in one line
    std::string_view options; ///< in one line
};

namespace detail {

/// Whether parentheses may or must follow a name.
enum class parentheses { none, optional, required };

struct catalogue_line {
    algorithm_name is;
    balancer (*make)(const asked& by);
    parentheses takes = parentheses::none;
};

inline constexpr std::array catalogue{
    catalogue_line{{"nginx/round_robin", "smooth_weighted_round_robin",
                    "by weight, spread evenly: a a b a c a a; less for who fails", "max_fails N"},
                   make_smooth},
    catalogue_line{{"nginx/least_conn", "least_connections",
                    "fewest open connections for the weight; equals in nginx's order", "max_fails N"},
                   make_least_conn},
    catalogue_line{
        {"nginx/random", "nginx_random", "drawn by weight; two: the less busy of two", "two, max_fails N, seed N"},
        make_nginx_random},
    catalogue_line{{"nginx/hash", "nginx_hash", "by a key, hashed again for who may not be chosen",
                    "KEY, consistent, max_fails N"},
                   make_nginx_hash},
    catalogue_line{{"nginx/hash_consistent", "nginx_consistent_hash",
                    "by a key on nginx's ring, the same as nginx/hash with consistent", "KEY, max_fails N"},
                   make_nginx_consistent_hash},
    catalogue_line{{"nginx/ip_hash", "ip_hash", "by the client's network", "max_fails N"}, make_ip_hash},
    catalogue_line{{"haproxy/roundrobin", "fast_weighted_round_robin", "by weight: a a a b a a c; O(log members)", ""},
                   make_roundrobin},
    catalogue_line{{"haproxy/static-rr", "static_round_robin", "by weight, a table in turn", ""}, make_static_rr},
    catalogue_line{{"haproxy/leastconn", "fifo_least_connections",
                    "fewest open connections for the weight; of equals the longest so", ""},
                   make_leastconn},
    catalogue_line{{"haproxy/first", "first_available", "the first that may be chosen", ""}, make_first},
    catalogue_line{
        {"haproxy/random", "random_draws", "the least busy of some drawn", "(DRAWS) behind the name, seed N"},
        make_random_draws,
        parentheses::optional},
    catalogue_line{{"haproxy/source", "source_hash", "by the client's address", "ipv4_prefix N, ipv6_prefix N, HASH"},
                   make_source},
    catalogue_line{
        {"haproxy/uri", "uri_hash", "by the target of the request", "len N, depth N, whole, path-only, HASH"},
        make_uri},
    catalogue_line{
        {"haproxy/url_param", "url_param_hash", "by a parameter of the query", "(NAME) behind the name, HASH"},
        make_url_param,
        parentheses::required},
    catalogue_line{{"haproxy/hdr", "header_hash", "by a header field", "(NAME) behind the name, use_domain_only, HASH"},
                   make_hdr,
                   parentheses::required},
    catalogue_line{
        {"haproxy/rdp-cookie", "rdp_cookie_hash", "by the cookie of an RDP connection", "(NAME) behind the name, HASH"},
        make_rdp_cookie,
        parentheses::optional},
    catalogue_line{{"lvs/rr", "round_robin", "each in turn, weights aside", ""}, make_rr},
    catalogue_line{{"lvs/wrr", "interleaved_weighted_round_robin", "by weight, level by level: a a a a a b c", ""},
                   make_wrr},
    catalogue_line{{"lvs/lc", "unweighted_least_connections", "fewest open connections, weights aside", ""},
                   make_lvs_least<lvs_rule::lc>},
    catalogue_line{
        {"lvs/wlc", "weighted_least_connections", "fewest open connections for the weight; the first of equals", ""},
        make_lvs_least<lvs_rule::wlc>},
    catalogue_line{{"lvs/sed", "shortest_expected_delay", "fewest open connections for the weight, with one more", ""},
                   make_lvs_least<lvs_rule::sed>},
    catalogue_line{{"lvs/nq", "never_queue", "the first who is idle, else as lvs/sed", ""},
                   make_lvs_least<lvs_rule::nq>},
    catalogue_line{{"lvs/fo", "weighted_failover", "the heaviest that may be chosen", ""}, make_fo},
    catalogue_line{{"lvs/ovf", "weighted_overflow", "the heaviest with no more open connections than its weight", ""},
                   make_ovf},
    catalogue_line{{"lvs/twos", "lvs_twos", "the less busy of two, drawn by weight", "seed N"}, make_twos},
    catalogue_line{
        {"lvs/sh", "lvs_source_hash", "by the client's address: 256 buckets by weight", "sh-port, sh-fallback"},
        make_sh},
    catalogue_line{{"lvs/dh", "lvs_destination_hash", "by the address called: 256 buckets", "KEY"}, make_dh},
    catalogue_line{{"lvs/mh", "lvs_maglev", "by the client's address: Maglev", "mh-port, mh-fallback, places N"},
                   make_mh},
    catalogue_line{{"lvs/lblc", "locality", "by the address called: where it went before, until that is overloaded",
                    "KEY, capacity N, expiration N"},
                   make_locality<lvs_replication::none>},
    catalogue_line{
        {"lvs/lblcr", "replicated_locality", "the same, and whoever helps out stays", "KEY, capacity N, expiration N"},
        make_locality<lvs_replication::sets>},
    catalogue_line{{"ring", "hash_ring", "by a key on a ring: few keys move when members do",
                    "KEY, hash wyhash|crc32|none, bound N"},
                   make_ring},
    catalogue_line{
        {"table", "modulo_hash", "by a key in a table: the most even shares", "KEY, hash wyhash|crc32|none, bound N"},
        make_table},
    catalogue_line{{"least_loaded", "least_loaded",
                    "the least load for the weight; the caller's load, or open connections",
                    "ties smooth|first|random, seed N"},
                   make_least_loaded},
};

inline constexpr auto catalogue_names = [] {
    std::array<algorithm_name, catalogue.size()> all;
    std::ranges::transform(catalogue, all.begin(), &catalogue_line::is);
    return all;
}();

/// A name behind its system, "least_conn" of "nginx/least_conn".
[[nodiscard]] constexpr std::string_view without_system(std::string_view name) noexcept {
    return name.substr(name.find('/') + 1); // npos + 1 is 0
}

/// The line of a name: a system's or Poise's own before a system's without the system.
[[nodiscard]] inline const catalogue_line& line_of(std::string_view name) {
    for (const catalogue_line& line : catalogue) {
        if (line.is.name == name || line.is.own == name) return line;
    }
    const catalogue_line* found = nullptr;
    for (const catalogue_line& line : catalogue) {
        if (without_system(line.is.name) != name) continue;
        if (found != nullptr) {
            const std::array<std::string_view, 2> both{found->is.name, line.is.name};
            invalid("make", "algorithm", name, expected_of(both, std::nullopt));
        }
        found = &line;
    }
    if (found != nullptr) return *found;
    std::vector<std::string_view> listed;
    std::vector<std::string_view> known;
    for (const catalogue_line& line : catalogue) {
        listed.push_back(line.is.name);
        known.insert(known.end(), {line.is.name, line.is.own, without_system(line.is.name)});
    }
    invalid("make", "algorithm", name, expected_of(listed, near_miss(name, known)));
}

} // namespace detail

/// All algorithms that `make` knows: those of nginx, of HAProxy, of LVS, and those that no system has.
[[nodiscard]] inline std::span<const algorithm_name> names() noexcept {
    return detail::catalogue_names;
}

/// The algorithm of that name: a system's, "haproxy/uri"; Poise's own, "ring"; or a system's without the system where
/// only one has it, "leastconn". `options` are words, in the system's own language where it has one: "depth 2
/// hash-type consistent". The selector has no members yet. `seed` is for those that draw, unless the options name one.
/// Throws std::invalid_argument on a name, an option or a value that it does not know; the message says which are, and
/// which was probably meant.
[[nodiscard]] inline balancer make(std::string_view name, std::string_view options = {}, std::uint64_t seed = 0) {
    const detail::called called(name);
    const detail::catalogue_line& line = detail::line_of(called.name);
    if (line.takes == detail::parentheses::none && called.argument) {
        detail::invalid("make", "algorithm", name, line.is.name);
    }
    detail::words words(line.is.name, options);
    balancer made = line.make({line.is.name, called.argument, words, seed});
    words.done();
    return made;
}

} // namespace poise

#endif
