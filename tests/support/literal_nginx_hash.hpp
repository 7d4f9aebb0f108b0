// SPDX-License-Identifier: MIT
// nginx's hash, ip_hash and hash consistent, spelt out as semantics.md 2.3 has them: what a request keeps from try to
// try. And one way to drive a selector and its model through the same requests.
#ifndef POISE_TESTS_SUPPORT_LITERAL_NGINX_HASH_HPP
#define POISE_TESTS_SUPPORT_LITERAL_NGINX_HASH_HPP

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poise/accept.hpp>

#include "support/literal_nginx.hpp"
#include "support/random.hpp"

namespace test {

/// CRC-32 bit by bit, without the complement at the end: the state after the text.
inline std::uint32_t literal_crc32_state(std::uint32_t state, std::string_view text) {
    for (const char c : text) {
        state ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) state = (state & 1U) != 0 ? (state >> 1U) ^ 0xedb88320U : state >> 1U;
    }
    return state;
}
inline std::uint32_t literal_crc32(std::string_view text) {
    return ~literal_crc32_state(0xffffffffU, text);
}

struct literal_request {
    std::string key{}; // of ip_hash, the bytes of the address
    std::uint64_t hash = 0;
    std::uint64_t rehash = 0;
    int tries = 0;
};

/// The hashes of nginx's `hash`.
struct literal_memcached {
    static std::uint64_t next(literal_request& r) {
        const std::string retry = r.rehash > 0 ? std::to_string(r.rehash) : "";
        r.hash += (literal_crc32(retry + r.key) >> 16U) & 0x7fffU;
        r.rehash++;
        return r.hash;
    }
    static bool without_key(const literal_request& r) { return r.key.empty(); }
};

/// The hashes of `ip_hash`.
struct literal_network {
    static std::uint64_t next(literal_request& r) {
        if (r.rehash == 0) r.hash = 89;
        r.rehash++;
        const std::size_t length = r.key.size() == 4 ? 3 : r.key.size();
        for (std::size_t i = 0; i < length; ++i) r.hash = (r.hash * 113 + static_cast<std::uint8_t>(r.key[i])) % 6271;
        return r.hash;
    }
    static bool without_key(const literal_request&) { return false; }
};

/// The configuration is in the order of ids; the round robin goes by slots.
inline std::vector<std::size_t> in_configuration_order(const literal_nginx& round_robin) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < round_robin.peers.size(); ++i) order.push_back(i);
    std::ranges::sort(order, {}, [&](std::size_t i) { return round_robin.peers[i].id; });
    return order;
}

template <class Hashes>
struct literal_nginx_hash {
    literal_nginx round_robin{};

    void assign(const std::vector<poise::member>& members) { round_robin.assign(members); }

    std::optional<std::size_t> get_peer(literal_request& r) {
        std::uint64_t total_weight = 0;
        int number = 0;
        for (const literal_nginx::peer& p : round_robin.peers) {
            total_weight += static_cast<std::uint64_t>(p.weight);
            number += p.weight > 0 ? 1 : 0; // a drained member is not in nginx's configuration
        }
        if (r.tries > 20 || number < 2 || Hashes::without_key(r)) return round_robin.get_peer();
        for (;;) {
            std::uint64_t w = Hashes::next(r) % total_weight;
            for (const std::size_t i : in_configuration_order(round_robin)) {
                const literal_nginx::peer& p = round_robin.peers[i];
                const auto weight = static_cast<std::uint64_t>(p.weight);
                if (w >= weight) {
                    w -= weight;
                    continue;
                }
                if (!p.tried && !p.down) return i;
                break;
            }
            if (++r.tries > 20) return round_robin.get_peer();
        }
    }
};

/// The hash of a request is a place in the list of points, which each try goes on from.
struct literal_consistent_hash {
    struct point {
        std::uint32_t hash;
        std::uint32_t server;
    };

    literal_nginx round_robin{};
    std::vector<point> points{};

    void assign(const std::vector<poise::member>& members) {
        round_robin.assign(members);
        std::map<std::uint32_t, std::uint32_t> sorted;
        for (const std::size_t i : in_configuration_order(round_robin)) {
            const auto server = static_cast<std::uint32_t>(round_robin.peers[i].id);
            std::uint32_t previous = 0;
            for (std::int64_t n = 0; n < 160 * round_robin.peers[i].weight; ++n) {
                std::string bytes;
                for (unsigned shift = 0; shift < 32; shift += 8)
                    bytes += static_cast<char>((previous >> shift) & 0xffU);
                previous = ~literal_crc32_state(server, bytes);
                sorted.emplace(previous, server); // of equal ones the first in the configuration stays
            }
        }
        points.clear();
        for (const auto& [hash, server] : sorted) points.push_back({hash, server});
    }

    std::optional<std::size_t> get_peer(literal_request& r) {
        if (points.empty() || r.tries > 20 || r.key.empty()) return round_robin.get_peer();
        if (r.rehash == 0) {
            const std::uint32_t hash = literal_crc32(r.key);
            while (r.hash < points.size() && points[r.hash].hash < hash) r.hash++;
            r.rehash = 1; // nginx looks it up once
        }
        for (;;) {
            const std::uint32_t server = points[r.hash % points.size()].server;
            if (const auto best = get_peer_of(server)) return best;
            r.hash++;
            r.tries++;
            if (r.tries > 20) return round_robin.get_peer();
        }
    }

    /// A round among those who share the points of a server.
    std::optional<std::size_t> get_peer_of(std::uint32_t server) {
        std::optional<std::size_t> best;
        std::int64_t total = 0;
        for (const std::size_t i : in_configuration_order(round_robin)) {
            literal_nginx::peer& p = round_robin.peers[i];
            if (p.tried || p.down || p.weight == 0 || static_cast<std::uint32_t>(p.id) != server) continue;
            p.current += p.effective;
            total += p.effective;
            if (p.effective < p.old_weight) p.effective++;
            if (!best.has_value() || p.current > round_robin.peers[*best].current) best = i;
        }
        if (best.has_value()) round_robin.peers[*best].current -= total;
        return best;
    }
};

/// nginx and the selector, side by side: whole requests with their retries, while members fail, go down and come up.
template <class Selector, class Model>
class nginx_requests {
  public:
    nginx_requests(std::uint64_t seed, std::uint32_t max_fails) : random(seed), selector_({.max_fails = max_fails}) {
        model_.round_robin.max_fails = max_fails;
    }

    void assign(std::vector<poise::member> members) {
        selector_.assign(members);
        model_.assign(members);
        members_ = std::move(members);
    }

    /// Somebody goes down or comes up; with many down, most hashes are of those that may not be chosen.
    void change(std::uint32_t one_up_in) {
        for (std::size_t i = 0; i < members_.size(); ++i) {
            if (random.one_in(3)) set_down(i, !random.one_in(one_up_in));
        }
    }

    /// The key as the selector takes it; none: the request is for the round robin.
    void request(literal_request r, std::optional<poise::key_hash> key) {
        for (auto& peer : model_.round_robin.peers) peer.tried = false;
        std::vector<std::uint64_t> tried;
        const std::uint32_t goes_on = random.between(1, 8);
        do {
            const poise::except others(tried);
            const auto chosen = key ? selector_.select(*key, others) : selector_.select(others);
            const auto expected = model_.get_peer(r);
            INFO("try " << tried.size());
            REQUIRE(chosen.has_value() == expected.has_value());
            if (!chosen) return;
            REQUIRE(static_cast<std::size_t>(*chosen) == *expected);
            after_20 += r.tries > 20 ? 1 : 0;
            retries += tried.empty() ? 0 : 1;
            model_.round_robin.peers[*expected].tried = true;
            tried.push_back(members_[*expected].id);
            if (random.one_in(2)) fail(*expected);
            if (random.one_in(8)) set_down(*expected, true); // it may be the failure that was one too many
        } while (!random.one_in(goes_on));
    }

    /// A request of one try with any accept: whom it rejects is as good as tried.
    void request_among(literal_request r, poise::key_hash key) {
        const auto away = random_ids(random, members_, random.one_in(2) ? 2 : 5);
        for (auto& peer : model_.round_robin.peers) peer.tried = std::ranges::find(away, peer.id) != away.end();
        const auto chosen = selector_.select(
            key, [&](poise::slot where) { return !model_.round_robin.peers[static_cast<std::size_t>(where)].tried; });
        const auto expected = model_.get_peer(r);
        REQUIRE(chosen.has_value() == expected.has_value());
        if (chosen) REQUIRE(static_cast<std::size_t>(*chosen) == *expected);
    }

    random_source random;
    int after_20 = 0; // how many choices were left to the round robin, and how many were no first ones
    int retries = 0;

  private:
    void set_down(std::size_t i, bool down) {
        model_.round_robin.peers[i].down = down;
        down ? selector_.disable(static_cast<poise::slot>(i)) : selector_.enable(static_cast<poise::slot>(i));
    }
    void fail(std::size_t i) {
        const std::int64_t common = model_.round_robin.max_fails;
        if (random.one_in(2)) {
            selector_.failed(static_cast<poise::slot>(i));
            model_.round_robin.free_peer_failed(i);
            return;
        }
        const std::uint32_t own = random.below(4);
        selector_.failed(static_cast<poise::slot>(i), own);
        model_.round_robin.max_fails = own;
        model_.round_robin.free_peer_failed(i);
        model_.round_robin.max_fails = common;
    }

    Selector selector_;
    Model model_;
    std::vector<poise::member> members_;
};

} // namespace test

#endif
