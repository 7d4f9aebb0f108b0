// SPDX-License-Identifier: MIT
// HAProxy's map of servers, spelt out as semantics.md 2.6 has it.
#ifndef POISE_TESTS_SUPPORT_LITERAL_HAPROXY_HPP
#define POISE_TESTS_SUPPORT_LITERAL_HAPROXY_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <poise/member.hpp>

namespace test {

/// The id at each position; members in the order of their ids.
inline std::vector<std::uint64_t> literal_haproxy_map(std::span<const poise::member> members) {
    std::vector<poise::member> servers(members.begin(), members.end());
    std::ranges::sort(servers, {}, &poise::member::id);
    std::int64_t divisor = 0;
    std::int64_t sum = 0;
    for (const poise::member& m : servers) {
        divisor = std::gcd(divisor, std::int64_t{m.weight});
        sum += m.weight;
    }
    std::vector<std::uint64_t> map;
    if (sum == 0) return map;
    const std::int64_t total = sum / divisor;
    std::vector<std::int64_t> scores(servers.size());
    for (std::int64_t position = 0; position < total; ++position) {
        std::size_t best = servers.size();
        std::int64_t most = 0;
        for (std::size_t i = 0; i < servers.size(); ++i) {
            if (servers[i].weight == 0) continue;
            scores[i] += servers[i].weight / divisor;
            const std::int64_t value = (scores[i] + total) / total;
            if (best != servers.size() && value <= most) continue;
            most = value;
            best = i;
        }
        scores[best] -= total;
        map.push_back(servers[best].id);
    }
    return map;
}

} // namespace test

#endif
