// SPDX-License-Identifier: MIT
// nginx's round robin, spelt out as semantics.md 2.1 has it, with issue 2's rules for a changed membership.
#ifndef POISE_TESTS_SUPPORT_LITERAL_NGINX_HPP
#define POISE_TESTS_SUPPORT_LITERAL_NGINX_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <poise/member.hpp>

namespace test {

struct literal_nginx {
    struct peer {
        std::uint64_t id = 0;
        std::int64_t weight = 0;     // as assigned; 0 = drained
        std::int64_t old_weight = 0; // the last weight above 0
        std::int64_t effective = 0;
        std::int64_t current = 0;
        bool down = false;
        bool tried = false;
    };

    std::int64_t max_fails = 1;
    std::vector<peer> peers{};

    std::optional<std::size_t> get_peer() {
        std::optional<std::size_t> best;
        std::int64_t total = 0;
        for (std::size_t i = 0; i < peers.size(); ++i) {
            peer& p = peers[i];
            if (p.tried || p.down || p.weight == 0) continue;
            p.current += p.effective;
            total += p.effective;
            if (p.effective < p.old_weight) p.effective++;
            if (!best.has_value() || p.current > peers[*best].current) best = i;
        }
        if (best.has_value()) peers[*best].current -= total;
        return best;
    }

    void free_peer_failed(std::size_t at) {
        peer& p = peers[at];
        if (max_fails != 0) p.effective -= p.weight / max_fails;
        if (p.effective < 0) p.effective = 0;
    }

    void assign(std::span<const poise::member> members) {
        std::vector<peer> next;
        std::int64_t sum = 0;
        std::int64_t survivors = 0;
        std::vector<bool> survived;
        for (const poise::member& m : members) {
            peer p{.id = m.id, .weight = m.weight, .old_weight = m.weight, .effective = m.weight};
            bool known = false;
            for (const peer& old : peers) {
                if (old.id != m.id) continue;
                known = true;
                p.current = old.current;
                p.down = old.down;
                p.effective = old.effective;
                p.old_weight = old.old_weight;
                if (m.weight != 0) {
                    const bool whole = old.effective == old.old_weight;
                    p.effective = whole || old.effective > m.weight ? m.weight : old.effective;
                    p.old_weight = m.weight;
                }
                sum += old.current;
                survivors++;
            }
            next.push_back(p);
            survived.push_back(known);
        }
        for (std::size_t i = 0; i < next.size(); ++i) {
            if (survived[i]) next[i].current -= sum / survivors;
        }
        peers = next;
    }
};

} // namespace test

#endif
