// SPDX-License-Identifier: MIT
// nginx's random, spelt out as semantics.md 2.2 has it, on top of its round robin; the first of two draws counts among
// those that were rejected.
#ifndef POISE_TESTS_SUPPORT_LITERAL_RANDOM_HPP
#define POISE_TESTS_SUPPORT_LITERAL_RANDOM_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "support/literal_nginx.hpp"

namespace test {

struct literal_random : literal_nginx {
    __extension__ using wide = unsigned __int128;

    std::uint32_t draws = 1;
    std::vector<std::uint64_t> numbers{}; // each of 64 random bits
    std::size_t place = 0;
    std::map<std::uint64_t, std::uint64_t> conns{}; // by id: whoever is a member

    std::optional<std::size_t> get_random_peer() {
        std::uint64_t total = 0;
        bool anybody = false;
        for (const peer& p : peers) {
            total += static_cast<std::uint64_t>(p.weight);
            anybody |= available(p);
        }
        if (!anybody) return std::nullopt;
        std::optional<std::size_t> first;
        for (int tries = 0; tries <= 20; tries++) {
            const auto x = static_cast<std::uint64_t>(static_cast<wide>(numbers[place++]) * total >> 64U);
            const std::size_t i = peer_at(x);
            if (first == i || !available(peers[i])) continue;
            if (draws == 1) return i;
            if (!first.has_value()) {
                first = i;
                continue;
            }
            const wide second_load = static_cast<wide>(conns[peers[i].id]) * static_cast<wide>(peers[*first].weight);
            const wide first_load = static_cast<wide>(conns[peers[*first].id]) * static_cast<wide>(peers[i].weight);
            return second_load > first_load ? first : i;
        }
        return get_peer();
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

    /// Peers side by side, as wide as their weights, in the order of their ids.
    std::size_t peer_at(std::uint64_t x) const {
        std::map<std::uint64_t, std::size_t> by_id;
        for (std::size_t i = 0; i < peers.size(); ++i) by_id[peers[i].id] = i;
        for (const auto& [id, i] : by_id) {
            const auto weight = static_cast<std::uint64_t>(peers[i].weight);
            if (x < weight) return i;
            x -= weight;
        }
        return peers.size();
    }
};

} // namespace test

#endif
