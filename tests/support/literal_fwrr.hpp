// SPDX-License-Identifier: MIT
// HAProxy's roundrobin, spelt out as semantics.md 2.5 has it, with the rule for weight changes as designed, up to 3.1.
#ifndef POISE_TESTS_SUPPORT_LITERAL_FWRR_HPP
#define POISE_TESTS_SUPPORT_LITERAL_FWRR_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/member.hpp>

namespace test {

struct literal_fwrr {
    struct server {
        std::uint64_t e = 0; // 16 * weight
        std::uint64_t npos = 0;
        std::uint64_t lpos = 0;
        std::uint64_t rw = 0;
        bool saturated = false;
    };
    /// Keys and ids: the least key first, equal ones as they came.
    using tree = std::list<std::pair<std::uint64_t, std::uint64_t>>;

    std::vector<std::uint64_t> order{}; // of declaration
    std::map<std::uint64_t, server> servers{};
    tree init{};
    tree next{};
    tree curr{};
    std::uint64_t W = 0;
    std::uint64_t P = 0;
    std::uint64_t N = 0;

    static void insert(tree& into, std::uint64_t key, std::uint64_t id) {
        auto before = into.begin();
        while (before != into.end() && before->first <= key) ++before;
        into.insert(before, {key, id});
    }
    static bool holds(const tree& one, std::uint64_t id) {
        return std::ranges::find(one, id, &tree::value_type::second) != one.end();
    }
    void remove(std::uint64_t id) {
        for (tree* one : {&init, &next, &curr}) {
            one->remove_if([id](const auto& entry) { return entry.second == id; });
        }
    }

    void start() {
        init.clear();
        next.clear();
        curr.clear();
        N = 0;
        for (const std::uint64_t id : order) {
            server& s = servers[id];
            s = server{.e = s.e, .saturated = s.saturated};
            N += s.e;
            if (s.e > 0) insert(init, 4096 - s.e, id);
        }
        W = P = N;
    }

    void requeue(std::uint64_t id) {
        server& s = servers[id];
        if (s.npos >= 2 * W || s.npos >= W + N) {
            s.npos -= W;
            insert(next, 4096 - s.e, id);
        } else {
            insert(curr, 256 * s.npos + (4096 + s.rw - s.e) / 16, id);
        }
    }

    std::optional<std::uint64_t> pick() {
        if (W == 0) W = P = N; // a group that was empty
        std::optional<std::uint64_t> chosen;
        std::deque<std::uint64_t> parked;
        bool swapped = false;
        while (!chosen) {
            std::uint64_t id = 0;
            if (!curr.empty() && servers[curr.front().second].npos <= P) {
                id = curr.front().second;
            } else if (!init.empty()) {
                id = init.front().second;
                servers[id].npos = 0;
                servers[id].rw = 0;
            } else if (!curr.empty()) {
                id = curr.front().second;
            } else if (!swapped) {
                std::swap(init, next);
                W = N;
                P = W;
                swapped = true;
                continue;
            } else {
                break;
            }
            server& s = servers[id];
            if (s.npos == 0) s.npos = P;
            s.lpos = s.npos;
            s.npos += N / s.e;
            s.rw += N % s.e;
            if (s.rw >= s.e) {
                s.rw -= s.e;
                s.npos++;
            }
            remove(id);
            P++;
            if (s.saturated) {
                parked.push_front(id);
            } else {
                chosen = id;
            }
        }
        if (chosen) requeue(*chosen);
        for (const std::uint64_t id : parked) { // the last that was parked is the first
            if (swapped) {
                insert(init, 4096 - servers[id].e, id);
            } else {
                requeue(id);
            }
        }
        return chosen;
    }

    void assign(std::span<const poise::member> members) {
        const bool first = order.empty();
        order.clear();
        std::map<std::uint64_t, std::uint64_t> weights;
        for (const poise::member& m : members) {
            order.push_back(m.id);
            weights[m.id] = m.weight;
        }
        std::erase_if(servers, [&](const auto& entry) {
            if (!weights.contains(entry.first)) down(entry.first);
            return !weights.contains(entry.first);
        });
        if (first) {
            for (const std::uint64_t id : order) servers[id].e = 16 * weights[id];
            return start();
        }
        for (auto& [id, s] : servers) {
            if (weights[id] == 0) down(id);
        }
        for (const std::uint64_t id : order) {
            server& s = servers[id];
            const std::uint64_t e = 16 * weights[id];
            if (e == 0 || e == s.e) continue;
            s.e == 0 ? up(id, e) : reweigh(id, e);
        }
    }

  private:
    void down(std::uint64_t id) {
        remove(id);
        N -= servers[id].e;
        servers[id].e = 0;
    }
    // Where the round is longer than both weights, in HAProxy's unsigned numbers that is beyond the round, too.
    void up(std::uint64_t id, std::uint64_t e) {
        N += e;
        servers[id].e = e;
        servers[id].npos = P + (N + W - P) / e;
        requeue(id);
    }
    void reweigh(std::uint64_t id, std::uint64_t e) {
        server& s = servers[id];
        N = N - s.e + e;
        s.e = e;
        const bool in_init = holds(init, id);
        const bool in_next = holds(next, id);
        remove(id);
        if (in_init) return insert(init, 4096 - e, id);
        const std::uint64_t old = in_next ? s.npos + W : s.npos; // there it is W less
        s.npos = std::min(old, s.lpos + N / e);
        s.rw = 0;
        if (s.npos < P + 2) s.npos = P + N / e;
        requeue(id);
    }
};

} // namespace test

#endif
