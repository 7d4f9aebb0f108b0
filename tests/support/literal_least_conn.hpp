// SPDX-License-Identifier: MIT
// nginx's least_conn, spelt out as semantics.md 2.2 has it, on top of its round robin.
#ifndef POISE_TESTS_SUPPORT_LITERAL_LEAST_CONN_HPP
#define POISE_TESTS_SUPPORT_LITERAL_LEAST_CONN_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "support/literal_nginx.hpp"

namespace test {

struct literal_least_conn : literal_nginx {
    __extension__ using wide = unsigned __int128;

    std::map<std::uint64_t, std::uint64_t> conns{}; // by id: whoever is a member

    std::optional<std::size_t> get_least_peer() {
        std::optional<std::size_t> best;
        bool many = false;
        for (std::size_t i = 0; i < peers.size(); ++i) {
            if (!available(peers[i])) continue;
            if (!best.has_value() || scaled(i, *best) < scaled(*best, i)) {
                best = i;
                many = false;
            } else if (scaled(i, *best) == scaled(*best, i)) {
                many = true;
            }
        }
        if (!best.has_value()) return best;
        std::int64_t total = 0;
        if (many) {
            for (std::size_t i = *best; i < peers.size(); ++i) {
                peer& p = peers[i];
                if (!available(p) || scaled(i, *best) != scaled(*best, i)) continue;
                p.current += p.effective;
                total += p.effective;
                if (p.effective < p.old_weight) p.effective++;
                if (p.current > peers[*best].current) best = i;
            }
        }
        peers[*best].current -= total;
        return best;
    }

    void opened(std::size_t at) { conns[peers[at].id]++; }
    void closed(std::size_t at) {
        if (conns[peers[at].id] > 0) conns[peers[at].id]--;
    }

    void assign(std::span<const poise::member> members) {
        literal_nginx::assign(members);
        std::map<std::uint64_t, std::uint64_t> next;
        for (const poise::member& m : members) next[m.id] = conns.contains(m.id) ? conns[m.id] : 0;
        conns = next;
    }

  private:
    static bool available(const peer& p) { return !p.tried && !p.down && p.weight != 0; }

    /// The connections of one, times the weight of the other.
    wide scaled(std::size_t one, std::size_t other) {
        return static_cast<wide>(conns[peers[one].id]) * static_cast<wide>(peers[other].weight);
    }
};

} // namespace test

#endif
