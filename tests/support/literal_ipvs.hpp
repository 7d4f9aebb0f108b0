// SPDX-License-Identifier: MIT
// IPVS's wrr, spelt out as semantics.md 2.9 has it: it steps through the levels one by one.
#ifndef POISE_TESTS_SUPPORT_LITERAL_IPVS_HPP
#define POISE_TESTS_SUPPORT_LITERAL_IPVS_HPP

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include <poise/member.hpp>

namespace test {

struct literal_ipvs {
    static constexpr std::int64_t head = -1;

    struct destination {
        std::int64_t weight = 0;
        bool overloaded = false;
    };

    std::vector<destination> list{};
    std::int64_t cl = head; // the last choice
    std::int64_t cw = 0;    // the current level
    std::int64_t mw = 0;    // the top level
    std::int64_t di = 1;    // from level to level

    void changed(std::span<const poise::member> members) {
        list.clear();
        std::int64_t divisor = 0;
        std::int64_t heaviest = 0;
        for (const poise::member& m : members) {
            list.push_back({.weight = m.weight});
            divisor = std::gcd(divisor, std::int64_t{m.weight});
            if (m.weight > heaviest) heaviest = m.weight;
        }
        di = divisor == 0 ? 1 : divisor;
        mw = heaviest == 0 ? 0 : heaviest - (di - 1);
        cl = head;
        if (cw > mw || cw == 0) {
            cw = mw;
        } else if (di > 1) {
            cw = (cw / di) * di + 1;
        }
    }

    std::optional<std::size_t> schedule() {
        if (mw == 0) return std::nullopt;
        const std::int64_t start = cl;
        const auto end = static_cast<std::int64_t>(list.size());
        bool last_pass = false;
        bool restarted = false;
        bool stops_at_start = false;
        for (std::int64_t at = start + 1;; at = 0) {
            for (; at < end; ++at) {
                const destination& d = list[static_cast<std::size_t>(at)];
                if (!d.overloaded && d.weight >= cw) {
                    cl = at;
                    return static_cast<std::size_t>(at);
                }
                if (stops_at_start && at == start) {
                    cl = start;
                    return std::nullopt;
                }
            }
            cw -= di;
            if (cw <= 0) {
                cw = mw;
                if (last_pass || start == head) {
                    cl = head;
                    return std::nullopt;
                }
                restarted = true;
            }
            last_pass = cw <= di;
            stops_at_start = last_pass && restarted && start != head;
        }
    }
};

} // namespace test

#endif
