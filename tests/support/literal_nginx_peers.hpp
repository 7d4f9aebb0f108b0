// SPDX-License-Identifier: MIT
// nginx's peers with all that a request changes in them, spelt out as semantics.md 2.1 and 2.2 have it.
#ifndef POISE_TESTS_SUPPORT_LITERAL_NGINX_PEERS_HPP
#define POISE_TESTS_SUPPORT_LITERAL_NGINX_PEERS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace test {

struct literal_nginx_peers {
    struct peer {
        std::int64_t weight = 1;
        std::int64_t effective = 1;
        std::int64_t current = 0;
        std::int64_t fails = 0;
        std::int64_t accessed = 0;
        std::int64_t checked = 0;
        std::int64_t max_fails = 1;
        std::int64_t fail_timeout = 10;
        std::int64_t conns = 0;
        std::int64_t max_conns = 0;
    };

    std::vector<peer> peers{};
    std::int64_t now = 0;
    bool least_conn = false;

    bool single() const { return peers.size() == 1; }

    bool available(std::size_t i, const std::vector<bool>& tried) const {
        const peer& p = peers[i];
        if (tried[i]) return false;
        if (p.max_conns != 0 && p.conns >= p.max_conns) return false;
        return single() || p.max_fails == 0 || p.fails < p.max_fails || now - p.checked > p.fail_timeout;
    }

    std::optional<std::size_t> get(std::vector<bool>& tried) {
        std::optional<std::size_t> best;
        bool many = !least_conn;
        std::size_t first = 0;
        if (least_conn) {
            for (std::size_t i = 0; i < peers.size(); ++i) {
                if (!available(i, tried)) continue;
                if (!best || scaled(i, *best) < scaled(*best, i)) {
                    best = i;
                    many = false;
                } else if (scaled(i, *best) == scaled(*best, i)) {
                    many = true;
                }
            }
            if (!best) return best;
            first = *best;
        }
        if (many) {
            const std::size_t least = first;
            best.reset();
            std::int64_t total = 0;
            for (std::size_t i = first; i < peers.size(); ++i) {
                peer& p = peers[i];
                if (!available(i, tried) || (least_conn && scaled(i, least) != scaled(least, i))) continue;
                p.current += p.effective;
                total += p.effective;
                if (p.effective < p.weight) ++p.effective;
                if (!best || p.current > peers[*best].current) best = i;
            }
            if (!best) return best;
            peers[*best].current -= total;
        }
        peer& chosen = peers[*best];
        if (now - chosen.checked > chosen.fail_timeout) chosen.checked = now;
        tried[*best] = true;
        ++chosen.conns;
        return best;
    }

    void release(std::size_t i, bool failed) {
        peer& p = peers[i];
        --p.conns;
        if (single()) {
            p.fails = 0;
        } else if (failed) {
            ++p.fails;
            p.accessed = p.checked = now;
            if (p.max_fails != 0) p.effective -= p.weight / p.max_fails;
            if (p.effective < 0) p.effective = 0;
        } else if (p.accessed < p.checked) {
            p.fails = 0;
        }
    }

  private:
    std::int64_t scaled(std::size_t one, std::size_t other) const { return peers[one].conns * peers[other].weight; }
};

} // namespace test

#endif
