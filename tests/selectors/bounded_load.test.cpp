// SPDX-License-Identifier: MIT
#include <poise/selectors/bounded_load.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <poise/poise.hpp>

#include "support/archetypes.hpp"
#include "support/random.hpp"
#include "support/ring_model.hpp"

using namespace test;
using poise::bounded_load;
using poise::key_hash;
using poise::slot;

namespace {

using bounded_table = bounded_load<poise::modulo_hash>;
using bounded_ring = bounded_load<poise::haproxy_ring>;

/// HAProxy's bound, as semantics.md 2.8 has it: who has how many connections, and how many it may have.
struct literal_bounds {
    struct server {
        std::uint64_t weight = 0;
        std::uint64_t served = 0;
        bool down = false;
    };
    std::map<std::uint64_t, server> servers{}; // by id, the order of the configuration
    std::uint64_t factor = 125;

    void assign(const std::vector<poise::member>& members) {
        std::map<std::uint64_t, server> next;
        for (const poise::member& m : members) {
            if (const auto known = servers.find(m.id); known != servers.end()) next[m.id] = known->second;
            next[m.id].weight = m.weight;
        }
        servers = std::move(next);
    }
    std::uint64_t places() const {
        std::uint64_t served_total = 0;
        for (const auto& [id, s] : servers) served_total += s.served;
        const std::uint64_t hundredths = (served_total + 1) * factor;
        return hundredths / 100 + (hundredths % 100 == 0 ? 0 : 1);
    }
    /// Before the minimum of 1; `scale` is that of HAProxy's effective weights.
    std::uint64_t share(std::uint64_t whose, std::uint64_t scale) const {
        std::uint64_t all_weights = 0;
        std::uint64_t cumulative = 0;
        for (const auto& [id, s] : servers) {
            if (s.down) continue;
            if (id < whose) cumulative += s.weight * scale;
            all_weights += s.weight * scale;
        }
        if (all_weights == 0) return 0;
        const std::uint64_t own = servers.at(whose).weight * scale;
        const std::uint64_t rest = places() % all_weights;
        return own * (places() / all_weights) + (cumulative + own) * rest / all_weights -
               cumulative * rest / all_weights;
    }
    std::uint64_t slots(std::uint64_t whose) const { return std::max<std::uint64_t>(share(whose, 1), 1); }
    bool has_place(std::uint64_t whose) const { return servers.at(whose).served < slots(whose); }
};

constexpr bool deals_out() {
    bounded_table selector;
    selector.assign(poise::members({1, 1, 1}));
    for (const std::uint32_t expected : {0U, 1U, 2U, 1U, 0U}) { // of 2, 3, 4, 5, 7 places
        const auto chosen = selector.select(key_hash{0});
        if (expected != static_cast<std::uint32_t>(chosen.value())) return false;
        selector.opened(*chosen);
    }
    return selector.connections(slot{0}) == 2;
}

/// The selector and its bounds through the same random life.
template <class Selector>
class side_by_side {
  public:
    side_by_side(std::uint64_t seed, std::uint32_t factor, std::uint32_t heaviest)
        : random(seed),
          selector({.balance_factor = factor}),
          heaviest_(heaviest) {
        bounds.factor = factor;
    }

    void change() {
        switch (random.below(5)) {
        case 0: members = random_members(random, 7, heaviest_); break;
        case 1:
            if (!members.empty()) members[random.index(members.size())].weight = random.below(heaviest_ + 1);
            break;
        case 2: random.shuffle(members); break;
        default:
            for (int i = 0; i < 2 && !members.empty(); ++i) up_or_down(random.index(members.size()));
            return;
        }
        selector.assign(members);
        bounds.assign(members);
    }
    void opened(slot where) {
        selector.opened(where);
        ++bounds.servers.at(id_of(where)).served;
        open.push_back(id_of(where));
    }
    void close_some() {
        while (!open.empty() && random.one_in(2)) {
            const std::size_t i = random.index(open.size());
            const auto found = std::ranges::find(members, open[i], &poise::member::id);
            if (found != members.end()) { // who has left took its connections along
                selector.closed(static_cast<slot>(found - members.begin()));
                auto& served = bounds.servers.at(open[i]).served;
                if (served > 0) --served;
            }
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    std::uint64_t id_of(slot where) const { return members[static_cast<std::size_t>(where)].id; }
    bool eligible(std::uint64_t id, const std::vector<std::uint64_t>& away) const {
        const auto& s = bounds.servers.at(id);
        return s.weight > 0 && !s.down && std::ranges::find(away, id) == away.end();
    }

    random_source random;
    Selector selector;
    literal_bounds bounds;
    std::vector<poise::member> members;
    std::vector<std::uint64_t> open; // ids

  private:
    void up_or_down(std::size_t i) {
        bool& down = bounds.servers.at(members[i].id).down;
        down = !down;
        down ? selector.disable(static_cast<slot>(i)) : selector.enable(static_cast<slot>(i));
    }

    std::uint32_t heaviest_;
};

std::string message_of(auto call) {
    try {
        call();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

template <class S>
concept fails = requires(S& s) { s.failed(slot{0}); };
template <class S>
concept has_fingerprint = requires(const S& s) { s.fingerprint(); };

} // namespace

static_assert(deals_out());
static_assert(poise::keyed_selector<bounded_table> && poise::connection_counting_selector<bounded_table>);
static_assert(!poise::shareable_selector<bounded_table> && !poise::keyless_selector<bounded_table>);
static_assert(!fails<bounded_table> && fails<bounded_load<poise::nginx_hash>>);
static_assert(has_fingerprint<bounded_table> && !has_fingerprint<bounded_load<modulo_selector>>);
static_assert(poise::law_exceptions<bounded_table>.empty() && poise::breaks<bounded_ring>(poise::law::fairness));

TEST_CASE("bounded_load: of all places, so many percent of those open and one, each has its share by weight") {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        INFO("seed " << seed);
        random_source choice(seed);
        const std::uint32_t factor = choice.one_in(3) ? 125 : choice.between(101, choice.one_in(2) ? 300 : 65535);
        side_by_side<bounded_load<poise::nginx_hash>> both(seed, factor, choice.one_in(2) ? 5 : 0x10000000U);
        for (int step = 0; step < 100; ++step) {
            if (step == 0 || both.random.one_in(4)) both.change();
            const auto key = key_hash{std::uint64_t{7} << 32U | both.random.below(0xffffffffU)};
            if (const auto chosen = both.selector.select(key)) both.opened(*chosen);
            if (both.random.one_in(6)) both.close_some();
            std::uint64_t shared_out = 0;
            for (std::size_t i = 0; i < both.members.size(); ++i) {
                const std::uint64_t id = both.members[i].id;
                REQUIRE(both.selector.connections(static_cast<slot>(i)) == both.bounds.servers.at(id).served);
                if (both.bounds.servers.at(id).down) continue;
                REQUIRE(both.bounds.share(id, 1) == both.bounds.share(id, 16));
                REQUIRE(both.selector.limit(static_cast<slot>(i)) == both.bounds.slots(id));
                shared_out += both.bounds.share(id, 1);
            }
            if (shared_out != 0) REQUIRE(shared_out == both.bounds.places());
        }
    }
}

TEST_CASE("bounded_load: over haproxy_ring a key goes point by point to the next that has a place") {
    int went_on = 0;
    for (std::uint64_t seed = 1; seed <= 120; ++seed) {
        INFO("seed " << seed);
        random_source choice(seed);
        side_by_side<bounded_ring> both(seed, choice.one_in(2) ? 101 : choice.between(101, 200), 3);
        for (int step = 0; step < 200; ++step) {
            if (step == 0 || both.random.one_in(12)) both.change();
            const ring_model<poise::haproxy_layout> ring(both.members);
            const auto away = random_ids(both.random, both.members, both.random.one_in(2) ? 2 : 20);
            // few keys, so that some are busy
            const std::uint32_t hash = both.random.below(4) * 0x3fffffffU + both.random.below(2);
            const auto may = [&](std::uint64_t id) {
                return both.eligible(id, away);
            };
            auto expected = ring.choose(hash, [&](std::uint64_t id) { return may(id) && both.bounds.has_place(id); });
            went_on += expected != ring.choose(hash, may) ? 1 : 0;
            if (!expected) expected = ring.choose(hash, may);
            const auto rejects = [&](slot where) {
                return std::ranges::find(away, both.id_of(where)) == away.end();
            };
            const auto chosen = both.random.one_in(2) ? both.selector.select(key_hash{hash}, poise::except(away))
                                                      : both.selector.select(key_hash{hash}, rejects);
            REQUIRE(chosen.has_value() == expected.has_value());
            if (chosen) {
                REQUIRE(both.id_of(*chosen) == *expected);
                both.opened(*chosen);
            }
            if (both.random.one_in(8)) both.close_some();
        }
    }
    CHECK(went_on > 1000);
}

TEMPLATE_TEST_CASE("bounded_load: nobody gets more than its places, unless all that may be chosen are full", "",
                   poise::modulo_hash, poise::nginx_hash, poise::ip_hash, poise::nginx_consistent_hash,
                   poise::ketama_ring, poise::keyed_or<poise::haproxy_ring>,
                   (poise::keyed_or<poise::modulo_hash, poise::least_connections>)) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        side_by_side<bounded_load<TestType>> both(seed, seed % 2 == 0 ? 101 : 150, 3);
        int over = 0;
        for (int step = 0; step < 200; ++step) {
            if (step == 0 || both.random.one_in(15)) both.change();
            const auto away = random_ids(both.random, both.members, both.random.one_in(2) ? 2 : 20);
            bool anybody = false;
            bool anybody_with_place = false;
            for (const poise::member& m : both.members) {
                anybody |= both.eligible(m.id, away);
                anybody_with_place |= both.eligible(m.id, away) && both.bounds.has_place(m.id);
            }
            const key_hash key{std::uint64_t{5} << 32U | both.random.below(3) * 12345U};
            const auto chosen = both.selector.select(key, poise::except(away));
            REQUIRE(chosen.has_value() == anybody);
            if (!chosen) continue;
            const std::uint64_t id = both.id_of(*chosen);
            REQUIRE(both.eligible(id, away));
            if (anybody_with_place) REQUIRE(both.bounds.has_place(id));
            over += anybody_with_place ? 0 : 1;
            both.opened(*chosen);
            if (away.empty()) REQUIRE(anybody_with_place); // there are more places than connections
            if (both.random.one_in(4)) both.close_some();
        }
        CHECK(over < 200);
    }
}

TEST_CASE("bounded_load: whose member has a place goes where it goes without a bound") {
    bounded_load<poise::ketama_ring> selector;
    poise::ketama_ring ring;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        random_source random(seed);
        const auto members = random_members(random, 9, 2);
        selector.assign(members);
        ring.assign(members);
        CHECK(selector.fingerprint() == ring.fingerprint());
        CHECK(selector.keyed() == ring);
        for (int n = 0; n < 100; ++n) {
            const key_hash key{random.below(0xffffffffU)};
            const auto expected = ring.select(key);
            if (expected && selector.connections(*expected) >= selector.limit(*expected)) continue;
            REQUIRE(selector.select(key) == expected);
            if (expected && random.one_in(3)) selector.opened(*expected);
        }
    }
}

TEST_CASE("bounded_load: the places of who is down go to the others, and come back") {
    bounded_table selector({.balance_factor = 200});
    selector.assign(poise::members({1, 1, 2}));
    for (int i = 0; i < 7; ++i) selector.opened(slot{0}); // 16 places with the next
    const auto limits = [&selector] {
        return std::array{selector.limit(slot{0}), selector.limit(slot{1}), selector.limit(slot{2})};
    };
    CHECK(limits() == std::array<std::uint64_t, 3>{4, 4, 8});
    selector.disable(slot{0});
    CHECK(selector.limit(slot{1}) == 5);
    CHECK(selector.limit(slot{2}) == 11);
    selector.disable(slot{0}); // nothing more
    selector.disable(slot{2});
    CHECK(selector.limit(slot{1}) == 16);
    selector.assign(poise::members({1, 3, 2})); // down stays down
    CHECK(selector.limit(slot{1}) == 16);
    selector.enable(slot{2});
    CHECK(selector.limit(slot{1}) == 9);
    CHECK(selector.limit(slot{2}) == 7);
    selector.enable(slot{0});
    selector.enable(slot{9});
    selector.disable(slot{9});
    selector.assign(poise::members({1, 1, 2})); // T3: HAProxy's sums of weights would still be those of 1, 3, 2
    CHECK(limits() == std::array<std::uint64_t, 3>{4, 4, 8});
    for (const std::uint32_t down : {0U, 1U, 2U}) selector.disable(slot{down});
    CHECK_FALSE(selector.select(key_hash{0}));
    selector.assign({});
    CHECK_FALSE(selector.select(key_hash{0}));
}

TEST_CASE("bounded_load: connections stay with their member, end once, and outlive reset") {
    bounded_table selector;
    selector.assign(std::vector<poise::member>{{7, 1}, {8, 1}});
    for (int i = 0; i < 3; ++i) selector.opened(slot{1});
    selector.opened(slot{0});
    selector.assign(std::vector<poise::member>{{8, 2}, {9, 1}});
    CHECK(selector.connections(slot{0}) == 3);
    CHECK(selector.connections(slot{1}) == 0);
    CHECK(selector.limit(slot{0}) == 3); // of 5 places, now that the one of 7 is gone
    selector.reset();
    CHECK(selector.connections(slot{0}) == 3);
    for (int i = 0; i < 5; ++i) selector.closed(slot{0});
    CHECK(selector.connections(slot{0}) == 0);
    selector.opened(slot{2});
    selector.closed(slot{2});
    CHECK(selector.connections(slot{2}) == 0);
    CHECK(selector.limit(slot{2}) == 0);
    bounded_table other = selector;
    CHECK(other == selector);
    other.opened(slot{0});
    CHECK(other != selector);
    CHECK(bounded_table({.balance_factor = 150}) != bounded_table());
}

TEST_CASE("bounded_load: what it refuses, it refuses by name, and nothing has changed") {
    for (const std::uint32_t factor : {0U, 100U, 65536U, 0xffffffffU}) {
        CHECK(message_of([factor] { bounded_table({.balance_factor = factor}); }) ==
              "poise: bounded_load: balance_factor " + std::to_string(factor) + " (expected from 101 to 65535)");
    }
    CHECK(message_of([] { bounded_table({.balance_factor = 101}); }) == "nothing was thrown");
    CHECK(message_of([] { bounded_table({.balance_factor = 65535}); }) == "nothing was thrown");

    bounded_load<poise::nginx_hash> wide;
    CHECK(message_of([&] { wide.assign(poise::members({0xfffffffeU, 1})); }) == "nothing was thrown");
    const auto before = wide;
    CHECK(message_of([&] { wide.assign(poise::members({0xffffffffU, 1})); }) ==
          "poise: bounded_load: sum of the weights 4294967296 (expected at most 4294967295)");
    CHECK(message_of([&] { wide.assign(std::vector<poise::member>{{3, 1}, {3, 1}}); }) ==
          "poise: bounded_load: duplicate member id 3 (expected ids that differ)");
    CHECK(wide == before);

    bounded_ring ring;
    ring.assign(poise::members({2, 1}));
    ring.opened(slot{1});
    const bounded_ring ring_before = ring;
    CHECK(message_of([&] { ring.assign(poise::members({257, 1})); }) ==
          "poise: hash_ring: weight 257 (expected at most 256)");
    CHECK(ring == ring_before);
}

TEST_CASE("bounded_load: failures reach the keyed selector, and a pool counts for it") {
    bounded_load<poise::nginx_hash> selector;
    selector.assign(poise::members({2, 2}));
    poise::nginx_hash alone;
    alone.assign(poise::members({2, 2}));
    selector.failed(slot{0});
    CHECK(selector.keyed() != alone);
    alone.failed(slot{0});
    CHECK(selector.keyed() == alone);

    poise::pool<std::string, bounded_load<modulo_selector>> pool;
    pool.assign({{"a", {.id = 1}}, {"b", {.id = 2}}, {"c", {.id = 3}}});
    auto first = pool.acquire(key_hash{0});
    auto second = pool.acquire(key_hash{0}); // of 3 places
    REQUIRE((first && second));
    CHECK(**first == "a");
    CHECK(**second == "b");
    first->finish(poise::outcome::success);
    CHECK(**pool.acquire(key_hash{0}) == "a");
    const std::array<std::uint64_t, 2> tried{1, 3};
    CHECK(**pool.acquire(key_hash{0}, poise::except(tried)) == "b"); // full as it is
}
