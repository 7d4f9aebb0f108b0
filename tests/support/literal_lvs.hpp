// SPDX-License-Identifier: MIT
// LVS's schedulers that look at all destinations, spelt out as semantics.md 2.9 has them, and the random life that they
// and the selectors are led through side by side.
#ifndef POISE_TESTS_SUPPORT_LITERAL_LVS_HPP
#define POISE_TESTS_SUPPORT_LITERAL_LVS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <poise/member.hpp>

#include "support/random.hpp"

namespace test::lvs {

struct destination {
    std::uint64_t id = 0;
    std::int64_t weight = 0;
    std::int64_t active = 0;
    std::int64_t inactive = 0;
    bool overloaded = false;

    std::int64_t overhead() const { return (active << 8) + inactive; }
};

using service = std::vector<destination>;
using choice = std::optional<std::size_t>;

inline choice lc(const service& svc) {
    choice least;
    for (std::size_t i = 0; i < svc.size(); ++i) {
        if (svc[i].overloaded || svc[i].weight == 0) continue;
        if (!least || svc[i].overhead() < svc[*least].overhead()) least = i;
    }
    return least;
}

inline choice wlc(const service& svc) {
    choice least;
    for (std::size_t i = 0; i < svc.size(); ++i) {
        if (svc[i].overloaded || svc[i].weight <= 0) continue;
        if (!least || svc[*least].overhead() * svc[i].weight > svc[i].overhead() * svc[*least].weight) least = i;
    }
    return least;
}

inline choice sed(const service& svc) {
    choice least;
    for (std::size_t i = 0; i < svc.size(); ++i) {
        if (svc[i].overloaded || svc[i].weight <= 0) continue;
        if (!least || (svc[*least].active + 1) * svc[i].weight > (svc[i].active + 1) * svc[*least].weight) least = i;
    }
    return least;
}

inline choice nq(const service& svc) {
    choice least;
    for (std::size_t i = 0; i < svc.size(); ++i) {
        if (svc[i].overloaded || svc[i].weight == 0) continue;
        if (svc[i].active == 0) return i;
        if (!least || (svc[*least].active + 1) * svc[i].weight > (svc[i].active + 1) * svc[*least].weight) least = i;
    }
    return least;
}

inline choice fo(const service& svc) {
    choice heaviest;
    std::int64_t weight = 0;
    for (std::size_t i = 0; i < svc.size(); ++i) {
        if (svc[i].overloaded || svc[i].weight <= weight) continue;
        heaviest = i;
        weight = svc[i].weight;
    }
    return heaviest;
}

inline choice ovf(const service& svc) {
    choice heaviest;
    std::int64_t weight = 0;
    for (std::size_t i = 0; i < svc.size(); ++i) {
        if (svc[i].overloaded || svc[i].active > svc[i].weight || svc[i].weight == 0) continue;
        if (heaviest && svc[i].weight <= weight) continue;
        heaviest = i;
        weight = svc[i].weight;
    }
    return heaviest;
}

/// The two numbers drawn, each from 0 to the sum of the weights of those who may be chosen.
inline choice twos(const service& svc, std::int64_t drawn1, std::int64_t drawn2) {
    choice choice1;
    choice choice2;
    for (std::size_t i = 0; i < svc.size(); ++i) {
        if (svc[i].overloaded || svc[i].weight <= 0) continue;
        drawn1 -= svc[i].weight;
        drawn2 -= svc[i].weight;
        if (drawn1 <= 0 && !choice1) choice1 = i;
        if (drawn2 <= 0 && !choice2) choice2 = i;
    }
    if (choice1 && choice2 &&
        svc[*choice2].weight * svc[*choice1].overhead() > svc[*choice1].weight * svc[*choice2].overhead()) {
        return choice2;
    }
    return choice1;
}

/// As ip_vs_rr keeps its place: at the destination chosen last; when that is deleted, at the one before it.
struct rr {
    std::vector<std::uint64_t> list{}; // ids in their order
    std::optional<std::uint64_t> last{};

    void changed(const service& svc) {
        // one by one: who is gone goes, and what the place was on moves back
        for (std::size_t i = 0; i < list.size();) {
            const bool stays = std::ranges::find(svc, list[i], &destination::id) != svc.end();
            if (!stays && last == list[i]) last = i == 0 ? std::nullopt : std::optional(list[i - 1]);
            stays ? static_cast<void>(++i)
                  : static_cast<void>(list.erase(list.begin() + static_cast<std::ptrdiff_t>(i)));
        }
        list.clear();
        for (const destination& d : svc) list.push_back(d.id);
    }
    choice schedule(const service& svc) {
        const std::size_t start =
            last ? static_cast<std::size_t>(std::ranges::find(svc, *last, &destination::id) - svc.begin()) + 1 : 0;
        for (std::size_t step = 0; step < svc.size(); ++step) {
            const std::size_t i = (start + step) % svc.size();
            if (svc[i].overloaded || svc[i].weight <= 0) continue;
            last = svc[i].id;
            return i;
        }
        return std::nullopt;
    }
};

/// Destinations that come, go, change their weights, are quiesced, overloaded and used.
class life {
  public:
    random_source random;
    std::vector<poise::member> members{};
    service svc{};
    std::uint32_t most_members = 8;
    std::uint32_t heaviest = 9;

    explicit life(std::uint64_t seed) : random(seed) {}

    /// Whether the slot is accepted this time.
    [[nodiscard]] auto accept() const {
        return [this](poise::slot where) {
            return !rejected_.contains(members[static_cast<std::size_t>(where)].id);
        };
    }
    [[nodiscard]] auto active() const {
        return [this](poise::slot where) {
            return static_cast<std::uint64_t>(svc[static_cast<std::size_t>(where)].active);
        };
    }

    /// One step further; `Selector` hears of all that it can hear of, but of connections. True when it was assigned.
    template <class Selector>
    bool step(Selector& selector) {
        const bool changes = members.empty() || random.one_in(40);
        if (changes) {
            change();
            selector.assign(members);
        }
        if (!members.empty() && random.one_in(6)) {
            const std::size_t i = random.index(members.size());
            const bool was_down = down_.erase(members[i].id) > 0;
            if (!was_down) down_.insert(members[i].id);
            const auto where = static_cast<poise::slot>(i);
            was_down ? selector.enable(where) : selector.disable(where);
        }
        rejected_.clear();
        if (random.one_in(3)) {
            for (const poise::member& m : members) {
                if (random.one_in(3)) rejected_.insert(m.id);
            }
        }
        for (destination& d : svc) {
            if (random.one_in(4)) d.active = random.below(12);
            if (random.one_in(6)) d.inactive = random.below(600);
            d.overloaded = down_.contains(d.id) || rejected_.contains(d.id);
        }
        return changes;
    }

  private:
    void change() {
        if (members.empty() || random.one_in(4)) {
            members = random_members(random, most_members, heaviest);
        } else if (random.one_in(3)) {
            members.erase(members.begin() + static_cast<std::ptrdiff_t>(random.index(members.size())));
        } else {
            members[random.index(members.size())].weight = random.one_in(3) ? 0 : random.between(1, heaviest);
        }
        service next;
        for (const poise::member& m : members) {
            const auto was = std::ranges::find(svc, m.id, &destination::id);
            next.push_back(was == svc.end() ? destination{.id = m.id} : *was);
            next.back().weight = m.weight;
        }
        svc = std::move(next);
        std::erase_if(down_, [this](std::uint64_t id) {
            return std::ranges::find(members, id, &poise::member::id) == members.end();
        });
    }

    std::set<std::uint64_t> down_;
    std::set<std::uint64_t> rejected_;
};

/// Requires that the choice is the model's.
inline void require_same(std::optional<poise::slot> chosen, choice expected) {
    REQUIRE(chosen.has_value() == expected.has_value());
    if (chosen) REQUIRE(static_cast<std::size_t>(*chosen) == *expected);
}

} // namespace test::lvs

#endif
