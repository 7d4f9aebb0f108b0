// SPDX-License-Identifier: MIT
#include <poise/selectors/keyed_or.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/all_selectors.hpp"
#include "support/archetypes.hpp"
#include "support/random.hpp"

using namespace test;
using poise::key_hash;
using poise::keyed_or;
using poise::slot;

namespace {

using ids = std::vector<std::int64_t>;
using modulo_or_least = keyed_or<poise::modulo_hash, poise::least_connections>;

/// The ids that it chooses without a key; -1 = none.
template <class Selector, class Accept = poise::accept_all>
ids without_key(Selector& selector, int choices, const Accept& accept = {}) {
    ids result;
    for (int i = 0; i < choices; ++i) {
        const auto chosen = selector.select(accept);
        result.push_back(chosen ? static_cast<std::int64_t>(selector.members()[static_cast<std::size_t>(*chosen)].id)
                                : -1);
    }
    return result;
}

/// HAProxy's cursor over a table, as semantics.md 2.6 and its map_get_server_rr have it: a number that is put back only
/// by the next request that finds it past the last position.
struct literal_cursor {
    std::size_t next = 0;

    std::optional<std::uint64_t> turn(const std::vector<std::uint64_t>& map, const auto& may) {
        if (map.empty()) return std::nullopt;
        if (next >= map.size()) next = 0;
        std::size_t at = next;
        for (std::size_t steps = 0; steps < map.size(); ++steps, at = (at + 1) % map.size()) {
            if (!may(map[at])) continue;
            next = at + 1;
            return map[at];
        }
        return std::nullopt;
    }
};

/// HAProxy's cursor over a ring, as its chash_get_next_server and chash_queue_dequeue_srv have it: the node used last,
/// which moves on to the next one just before it is deleted.
struct literal_ring_cursor {
    using node = std::pair<std::uint32_t, std::uint64_t>; // where, and whose
    std::set<node> tree;
    std::optional<node> last;
    std::map<std::uint64_t, std::uint32_t> heaviest{}; // each member's weight when it was at its heaviest

    node behind(const node& here) const {
        const auto found = tree.upper_bound(here);
        return found == tree.end() ? *tree.begin() : *found;
    }
    void change(const std::vector<poise::member>& members) {
        std::set<node> wanted;
        std::map<std::uint64_t, std::uint32_t> heaviest_now;
        std::set<std::uint64_t> outgrown; // HAProxy makes room for more points by taking all of them out first
        for (const poise::member& m : members) {
            const auto known = heaviest.find(m.id);
            const std::uint32_t most = known == heaviest.end() ? m.weight : known->second;
            if (m.weight > most) outgrown.insert(m.id);
            heaviest_now[m.id] = std::max(m.weight, most);
            std::vector<std::uint32_t> own(std::size_t{m.weight} * poise::haproxy_layout::points_per_weight);
            poise::haproxy_layout::place(m.id, own);
            for (const std::uint32_t hash : own) wanted.emplace(hash, m.id);
        }
        for (const node& n : std::set<node>(tree)) {
            if (wanted.contains(n) && !outgrown.contains(n.second)) continue;
            if (last == n) last = tree.size() == 1 ? std::nullopt : std::optional(behind(n));
            tree.erase(n);
        }
        tree.insert(wanted.begin(), wanted.end());
        heaviest = heaviest_now;
    }
    std::optional<std::uint64_t> turn(const auto& may) {
        if (tree.empty()) return std::nullopt;
        node here = last ? behind(*last) : *tree.begin();
        for (std::size_t steps = 0; steps < tree.size(); ++steps, here = behind(here)) {
            if (!may(here.second)) continue;
            last = here;
            return here.second;
        }
        return std::nullopt;
    }
};

std::optional<std::uint64_t> id_of(const auto& selector, std::optional<slot> chosen) {
    if (!chosen) return std::nullopt;
    return selector.members()[static_cast<std::size_t>(*chosen)].id;
}

/// The id at each position of a table or ring.
std::vector<std::uint64_t> positions_of(const auto& selector) {
    std::vector<std::uint64_t> result;
    for (std::size_t i = 0; i < selector.positions(); ++i) {
        result.push_back(selector.members()[static_cast<std::size_t>(selector.at(i).value())].id);
    }
    return result;
}

template <class S>
concept fails = requires(S& s) { s.failed(slot{0}); };
template <class S>
concept counts = requires(S& s) { s.opened(slot{0}); };
template <class S>
concept has_fingerprint = requires(const S& s) { s.fingerprint(); };

struct modulo_that_counts : modulo_selector {
    void opened(slot) noexcept { ++open; }
    void closed(slot) noexcept { --open; }
    void failed(slot) noexcept { ++failures; }
    int open = 0;
    int failures = 0;
    bool operator==(const modulo_that_counts&) const = default;
};

} // namespace

static_assert(poise::keyed_selector<modulo_or_cursor> && poise::keyless_selector<modulo_or_cursor>);
static_assert(poise::keyed_selector<ring_or_smooth> && poise::keyless_selector<ring_or_smooth>);
static_assert(!poise::shareable_selector<modulo_or_cursor> && !poise::shareable_selector<ring_or_smooth>);
static_assert(!poise::load_selector<modulo_or_cursor>);
static_assert(poise::positional_selector<poise::modulo_hash> && poise::positional_selector<poise::ketama_ring>);
static_assert(!poise::positional_selector<modulo_selector> && !poise::positional_selector<poise::round_robin>);
static_assert(poise::fallback_for<poise::cursor, poise::modulo_hash> &&
              poise::fallback_for<first_selector, modulo_selector>);
static_assert(!poise::fallback_for<poise::cursor, modulo_selector>, "the cursor needs positions");
static_assert(!poise::fallback_for<poise::modulo_hash, poise::modulo_hash>, "a fallback has no key either");
static_assert(!fails<modulo_or_cursor> && fails<ring_or_smooth> && fails<modulo_or_least>);
static_assert(!counts<modulo_or_cursor> && !counts<ring_or_smooth> && counts<modulo_or_least>);
static_assert(fails<keyed_or<modulo_that_counts, first_selector>> &&
              counts<keyed_or<modulo_that_counts, first_selector>>);
static_assert(has_fingerprint<modulo_or_cursor> && !has_fingerprint<keyed_or<modulo_selector, first_selector>>);

TEST_CASE("keyed_or: by the key when there is one, by the other selector when there is none") {
    ring_or_smooth both;
    poise::ketama_ring ring;
    poise::smooth_weighted_round_robin smooth;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = random_members(random, 9, 3);
        both.assign(members);
        ring.assign(members);
        smooth.assign(members);
        for (std::uint64_t turn = 0; turn < 200; ++turn) {
            const auto away = random_ids(random, members, 3);
            if (random.one_in(20) && !members.empty()) {
                const auto where = static_cast<slot>(random.index(members.size()));
                const bool down = random.one_in(2);
                const auto change = [where, down](auto& selector) {
                    down ? selector.disable(where) : selector.enable(where);
                };
                change(both);
                change(ring);
                change(smooth);
            }
            if (random.one_in(2)) {
                const key_hash key = key_of(turn);
                REQUIRE(both.select(key, poise::except(away)) == ring.select(key, poise::except(away)));
                REQUIRE(both.select(std::optional(key), poise::except(away)) == ring.select(key, poise::except(away)));
            } else if (random.one_in(2)) {
                REQUIRE(both.select(all_but(away, members)) == smooth.select(all_but(away, members)));
            } else {
                const std::optional<key_hash> none;
                REQUIRE(both.select(none, poise::except(away)) == smooth.select(poise::except(away)));
                REQUIRE(both.select(none) == smooth.select());
            }
        }
        REQUIRE(both.keyed() == ring);
        REQUIRE(both.fallback() == smooth);
        REQUIRE(both.fingerprint() == ring.fingerprint());
    }
}

TEST_CASE("keyed_or: the cursor takes the positions in turn, skips who may not be chosen, and goes on behind") {
    modulo_or_cursor selector;
    CHECK_FALSE(selector.select());
    selector.assign(poise::members({5, 1, 1}));
    CHECK(without_key(selector, 9) == ids{0, 0, 0, 1, 0, 0, 2, 0, 0});
    CHECK(selector.select(key_hash{3}) == slot{1});
    CHECK(without_key(selector, 2) == ids{0, 1}); // a key does not move it
    const auto not_a = [](slot where) {
        return where != slot{0};
    };
    CHECK(without_key(selector, 3, not_a) == ids{2, 1, 2});
    CHECK(without_key(selector, 2, [](slot) { return false; }) == ids{-1, -1});
    CHECK(without_key(selector, 5) == ids{0, 0, 0, 1, 0});
    selector.disable(slot{0});
    CHECK(without_key(selector, 2) == ids{2, 1});
    selector.enable(slot{0});
    CHECK(without_key(selector, 2) == ids{0, 0});
    selector.reset();
    CHECK(without_key(selector, 4) == ids{0, 0, 0, 1});
}

TEST_CASE("keyed_or: the cursor starts again when fewer positions are left than it had passed") {
    modulo_or_cursor selector;
    selector.assign(poise::members({5, 1, 1}));
    CHECK(without_key(selector, 4) == ids{0, 0, 0, 1});
    selector.assign(poise::members({2, 1, 1})); // 4 positions: it had passed as many
    CHECK(without_key(selector, 5) == ids{0, 0, 1, 2, 0});
    selector.assign(poise::members({1, 1, 1}));
    CHECK(without_key(selector, 3) == ids{1, 2, 0});
    selector.assign({});
    CHECK(without_key(selector, 1) == ids{-1});
    selector.assign(poise::members({1, 1, 1}));
    CHECK(without_key(selector, 1) == ids{1});
    selector.assign(poise::members({1, 1}));
    const std::vector<std::uint64_t> everyone{0, 1};
    CHECK_FALSE(selector.select(poise::except(everyone))); // but it has seen that fewer are left
    selector.assign(poise::members({1, 1, 1}));
    CHECK(without_key(selector, 3) == ids{0, 1, 2});
    selector.assign(poise::members({5, 1, 1})); // it had passed three: nobody has put it back since
    CHECK(without_key(selector, 1) == ids{1});
}

TEST_CASE("keyed_or: the cursor goes as HAProxy's does over a table, through every change") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        modulo_or_cursor selector;
        literal_cursor cursor;
        std::vector<poise::member> members;
        std::vector<std::uint64_t> map;
        for (int step = 0; step < 300; ++step) {
            if (random.one_in(20)) {
                members = random_members(random, 6, 7);
                selector.assign(members);
                map = positions_of(selector.keyed());
            }
            const auto away = random_ids(random, members, 3);
            const auto expected = cursor.turn(map, [&away](std::uint64_t id) { return !contains(away, id); });
            REQUIRE(id_of(selector, selector.select(poise::except(away))) == expected);
        }
    }
}

TEST_CASE("keyed_or: the cursor goes as HAProxy's does over a ring, through every change") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        keyed_or<poise::haproxy_ring> selector;
        literal_ring_cursor cursor;
        std::vector<poise::member> members;
        for (int step = 0; step < 300; ++step) {
            if (random.one_in(10)) {
                members = random_members(random, 6, 2);
                selector.assign(members);
                cursor.change(members);
            }
            const auto away = random_ids(random, members, 3);
            const auto expected = cursor.turn([&away](std::uint64_t id) { return !contains(away, id); });
            REQUIRE(id_of(selector, selector.select(poise::except(away))) == expected);
        }
    }
}

// What HAProxy 2.6.12 answered to requests without the parameter of `balance url_param`, one after the other, while the
// weight of its second server (the first and third have 1) was changed, or the server disabled: weight 0.
TEST_CASE("keyed_or: as a running HAProxy has chosen between changes") {
    const auto replay = [](auto selector, const std::vector<std::pair<std::uint32_t, std::string>>& recorded) {
        for (const auto& [weight, answers] : recorded) {
            INFO("weight " << weight);
            selector.assign(std::vector<poise::member>{{1, 1}, {2, weight}, {3, 1}});
            std::string ours;
            for (std::size_t i = 0; i < answers.size(); ++i) {
                ours += static_cast<char>('0' + id_of(selector, selector.select()).value());
            }
            CHECK(ours == answers);
        }
    };
    replay(modulo_or_cursor(), {{2, "1223122"},
                                {0, "13131313"},
                                {2, "231223122"},
                                {0, "1313131"},
                                {2, "22312231"},
                                {0, "313131313"},
                                {2, "2312231"},
                                {0, "31313131"}});
    replay(keyed_or<poise::haproxy_ring>(), {{1, "33213112311"},
                                             {2, "12231332312"},
                                             {1, "33121323211"},
                                             {3, "32212222222"},
                                             {1, "21321321233"},
                                             {0, "13113111313"},
                                             {2, "32312233122"}});
}

TEST_CASE("keyed_or: the exception to law 3: with each change the cursor's turn may fall on somebody else") {
    STATIC_REQUIRE(poise::breaks<modulo_or_cursor>(poise::law::survival));
    modulo_or_cursor selector;
    const std::vector<poise::member> four{{1}, {2}, {3}, {4}};
    const std::vector<poise::member> five{{0}, {1}, {2}, {3}, {4}};
    std::vector<int> chosen(5);
    for (int i = 0; i < 400; ++i) {
        selector.assign(i % 2 == 0 ? five : four);
        ++chosen[id_of(selector, selector.select()).value()];
    }
    CHECK(chosen[2] == 2); // it stays all the time, and soon is never again at the position whose turn it is
}

TEST_CASE("keyed_or: when either of the two refuses a membership, nothing has changed") {
    const auto members = poise::members({1, 1, 1});
    const auto check = [&members](auto keyed, auto fallback) {
        keyed_or<decltype(keyed), decltype(fallback)> selector(keyed, fallback);
        selector.assign(poise::members({1, 1}));
        const auto before = selector;
        CHECK_THROWS_AS(selector.assign(members), std::runtime_error);
        CHECK(selector == before);
        CHECK(selector.size() == 2);
        CHECK(selector.keyed().size() == 2);
        CHECK(selector.fallback().size() == 2);
    };
    modulo_selector narrow_keyed;
    narrow_keyed.most = 2;
    first_selector narrow_fallback;
    narrow_fallback.most = 2;
    check(narrow_keyed, first_selector());
    check(modulo_selector(), narrow_fallback);
    check(narrow_keyed, narrow_fallback);
}

TEST_CASE("keyed_or: members, failures and connections reach both") {
    keyed_or<modulo_that_counts, counting_selector> selector;
    selector.assign(poise::members({1, 1}));
    selector.failed(slot{1});
    selector.opened(slot{1});
    selector.opened(slot{1});
    selector.closed(slot{1});
    selector.succeeded(slot{1});
    CHECK(selector.keyed().failures == 1);
    CHECK(selector.keyed().open == 1);
    CHECK(selector.fallback().failures.at(1) == 1);
    CHECK(selector.fallback().open.at(1) == 1);
    CHECK(selector.fallback().successes.at(1) == 1);
    selector.disable(slot{0});
    CHECK(selector.select() == slot{1});
    CHECK(selector.select(key_hash{0}) == slot{1});
    selector.enable(slot{0});
    CHECK(selector.select() == slot{0});
    CHECK(selector.select(key_hash{0}) == slot{0});
}

TEST_CASE("keyed_or: the fallback counts what the keys brought") {
    modulo_or_least selector(poise::modulo_hash(), poise::least_connections({.ties = poise::ties::first}));
    selector.assign(poise::members({1, 1, 1}));
    for (int i = 0; i < 2; ++i) selector.opened(selector.select(key_hash{0}).value());
    CHECK(selector.select() == slot{1});
    selector.opened(slot{1});
    selector.opened(slot{2});
    selector.closed(slot{0});
    CHECK(selector.fallback().connections(slot{0}) == 1);
    selector.reset();
    CHECK(selector.fallback().connections(slot{0}) == 1);
    CHECK(selector.select() == slot{0});
}

TEST_CASE("keyed_or: differs when either of the two does") {
    modulo_or_cursor one;
    one.assign(poise::members({1, 1}));
    modulo_or_cursor other = one;
    CHECK(one == other);
    CHECK(one.select());
    CHECK(one != other);
    CHECK(one.fallback() != other.fallback());
    one.reset();
    CHECK(one == other);
    other.assign(poise::members({1, 2}));
    CHECK(one != other);
}
