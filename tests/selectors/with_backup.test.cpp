// SPDX-License-Identifier: MIT
#include <poise/selectors/with_backup.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <poise/poise.hpp>

#include "support/allocations.hpp"
#include "support/archetypes.hpp"
#include "support/random.hpp"

using namespace test;
using poise::key_hash;
using poise::outcome;
using poise::slot;
using poise::with_backup;

namespace {

using smooth = poise::smooth_weighted_round_robin;
using ids = std::vector<std::uint64_t>;

bool contains(const ids& all, std::uint64_t id) {
    return std::ranges::find(all, id) != all.end();
}

/// Two selectors, asked by hand. Loads go by id, because slots move.
template <class Selector>
class by_hand {
  public:
    explicit by_hand(ids backups) : backups_(std::move(backups)) {}

    void assign(const std::vector<poise::member>& members) {
        std::vector<poise::member> primaries;
        std::vector<poise::member> backups;
        for (const poise::member& m : members) (contains(backups_, m.id) ? backups : primaries).push_back(m);
        primary.assign(primaries);
        backup.assign(backups);
    }
    /// Whose selector is told, and at which slot.
    void tell(std::uint64_t id, const auto& what) {
        for (Selector* s : {&primary, &backup}) {
            const auto found = std::ranges::find(s->members(), id, &poise::member::id);
            if (found != s->members().end()) what(*s, static_cast<slot>(found - s->members().begin()));
        }
    }
    /// The id chosen; `choose(selector)` asks one of the two.
    std::optional<std::uint64_t> choose(bool only_backups, const auto& ask) {
        const auto ask_one = [&](Selector& s) -> std::optional<std::uint64_t> {
            const std::optional<slot> chosen = ask(s);
            if (!chosen) return std::nullopt;
            return s.members()[static_cast<std::size_t>(*chosen)].id;
        };
        std::optional<std::uint64_t> chosen;
        if (!only_backups) chosen = ask_one(primary);
        return chosen ? chosen : ask_one(backup);
    }

    Selector primary;
    Selector backup;

  private:
    ids backups_;
};

std::optional<slot> ask(auto& selector, key_hash key, const auto& load, const auto& accept) {
    if constexpr (requires { selector.select(key); }) {
        return selector.select(key, accept);
    } else if constexpr (requires { selector.select(load); }) {
        return selector.select(load, accept);
    } else {
        return selector.select(accept);
    }
}

constexpr bool spare() {
    with_backup<smooth> selector({.backups = {2, 0}});
    selector.assign(poise::members({1, 3, 1, 1})); // backups at slots 0 and 2
    for (const std::uint32_t expected : {1U, 1U, 3U, 1U}) {
        if (selector.select() != slot{expected}) return false;
    }
    selector.disable(slot{1});
    selector.disable(slot{3});
    return selector.select() == slot{0} && selector.select() == slot{2} && selector.is_backup(2);
}

template <class S>
concept fails = requires(S& s) { s.failed(slot{0}, 1U); };

} // namespace

static_assert(spare());
static_assert(poise::keyless_selector<with_backup<smooth>> && poise::failure_aware_selector<with_backup<smooth>>);
static_assert(poise::keyed_selector<with_backup<poise::modulo_hash>> &&
              !poise::keyless_selector<with_backup<poise::modulo_hash>>);
static_assert(poise::load_selector<with_backup<poise::least_loaded>>);
static_assert(poise::connection_counting_selector<with_backup<poise::least_connections>> &&
              !poise::connection_counting_selector<with_backup<smooth>>);
static_assert(fails<with_backup<smooth>> && !fails<with_backup<poise::round_robin>>);
static_assert(!poise::failure_aware_selector<with_backup<poise::round_robin>>);
static_assert(poise::law_exceptions<with_backup<smooth>>.size() == 2 &&
              poise::law_exceptions<with_backup<poise::ketama_ring>>.size() == 3 &&
              poise::breaks<with_backup<smooth>>(poise::law::fairness));

TEMPLATE_TEST_CASE("with_backup: as two selectors that are asked one after the other", "", smooth,
                   poise::least_connections, poise::modulo_hash, poise::least_loaded, poise::nginx_hash) {
    int from_backups = 0;
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        ids backups;
        for (std::uint64_t id = 0; id < 24; ++id) {
            if (random.one_in(3)) backups.push_back(id); // members or not
        }
        random.shuffle(backups);
        with_backup<TestType> selector({.backups = backups});
        by_hand<TestType> both(backups);
        std::vector<poise::member> members;
        for (int step = 0; step < 150; ++step) {
            if (step == 0 || random.one_in(20)) {
                members = random_members(random, 10, 7);
                selector.assign(members);
                both.assign(members);
                REQUIRE(selector.size() == members.size());
            }
            if (members.empty()) continue;
            const std::size_t i = random.index(members.size());
            const auto tell = [&](const auto& what) {
                what(selector, static_cast<slot>(i));
                both.tell(members[i].id, what);
            };
            if (random.one_in(6)) tell([](auto& s, slot where) { s.disable(where); });
            if (random.one_in(6)) tell([](auto& s, slot where) { s.enable(where); });
            if constexpr (poise::failure_aware_selector<TestType>) {
                if (random.one_in(8)) tell([](auto& s, slot where) { s.failed(where); });
                if (random.one_in(8)) tell([](auto& s, slot where) { s.failed(where, 3U); });
            }
            if constexpr (poise::connection_counting_selector<TestType>) {
                if (random.one_in(2)) tell([](auto& s, slot where) { s.opened(where); });
                if (random.one_in(3)) tell([](auto& s, slot where) { s.closed(where); });
            }
            if (random.one_in(50)) {
                selector.reset();
                both.primary.reset();
                both.backup.reset();
            }

            const key_hash key{std::uint64_t{3} << 32U | random.below(1000)};
            const std::uint64_t salt = random.below(5);
            const auto load_of = [salt](const auto& s) {
                return [&s, salt](slot where) {
                    return s.members()[static_cast<std::size_t>(where)].id * salt % 5U;
                };
            };
            const ids away = random_ids(random, members, random.one_in(2) ? 2 : 8);
            const bool by_ids = random.one_in(2);
            const auto answer = [&](auto& s) {
                const auto accepts = [&](slot where) {
                    return !contains(away, s.members()[static_cast<std::size_t>(where)].id);
                };
                return by_ids ? ask(s, key, load_of(s), poise::except(away)) : ask(s, key, load_of(s), accepts);
            };
            bool tried_a_backup = false;
            for (const std::uint64_t id : away) tried_a_backup |= contains(backups, id);
            const auto expected = both.choose(by_ids && tried_a_backup, answer);
            const auto chosen = answer(selector);
            REQUIRE(chosen.has_value() == expected.has_value());
            if (!chosen) continue;
            const std::uint64_t id = members[static_cast<std::size_t>(*chosen)].id;
            REQUIRE(id == *expected);
            REQUIRE(selector.is_backup(id) == contains(backups, id));
            from_backups += selector.is_backup(id) ? 1 : 0;
        }
    }
    CHECK(from_backups > 1000);
}

TEST_CASE("with_backup: once a backup was tried there is no way back within the request") {
    with_backup<smooth> selector({.backups = {3, 4, 9}});
    selector.assign(std::vector<poise::member>{{1, 1}, {2, 1}, {3, 1}, {4, 1}});
    const auto without = [&selector](const ids& tried) {
        const auto chosen = selector.select(poise::except(tried));
        return chosen ? selector.members()[static_cast<std::size_t>(*chosen)].id : 0;
    };
    CHECK(without({1}) == 2);
    CHECK(without({1, 2}) == 3);
    CHECK(without({1, 2, 3}) == 4);
    CHECK(without({3}) == 4);
    CHECK(without({3, 4}) == 0);
    CHECK(without({9}) == 1); // a backup, but no member
    CHECK(without({}) == 2);
    const auto not_third = [](slot where) {
        return where != slot{2};
    };
    CHECK(selector.select(not_third) == slot{0}); // a predicate is no request's history
}

TEST_CASE("with_backup: the primaries' turn stands still while backups are asked, and goes on after") {
    with_backup<smooth> selector({.backups = {9}});
    selector.assign(std::vector<poise::member>{{0, 5}, {1, 1}, {2, 1}, {9, 1}});
    std::string order;
    const auto choose = [&](int times) {
        for (; times > 0; --times) order += static_cast<char>('a' + static_cast<int>(selector.select().value()));
    };
    choose(2);
    for (const std::uint32_t down : {0U, 1U, 2U}) selector.disable(slot{down});
    choose(2);
    for (const std::uint32_t up : {0U, 1U, 2U}) selector.enable(slot{up});
    choose(5);
    CHECK(order == "aaddbacaa");
}

TEST_CASE("with_backup: an id may wait for its member, and a member keeps its state in its group") {
    with_backup<poise::least_connections> selector({.backups = {7}});
    CHECK_FALSE(selector.select());
    CHECK(selector.is_backup(7));
    selector.assign(std::vector<poise::member>{{1, 1}});
    selector.opened(slot{0});
    selector.assign(std::vector<poise::member>{{7, 1}, {1, 1}, {2, 1}});
    CHECK(selector.select() == slot{2}); // 1 still has its connection
    selector.disable(slot{2});
    CHECK(selector.select() == slot{1});
    selector.disable(slot{1});
    CHECK(selector.select() == slot{0});
    selector.assign(std::vector<poise::member>{{2, 1}, {7, 0}, {1, 1}}); // down stays down
    CHECK_FALSE(selector.select());
    selector.enable(slot{2});
    CHECK(selector.select() == slot{2});
    selector.enable(slot{8}); // nobody
    selector.disable(slot{8});
    selector.opened(slot{8});
    selector.closed(slot{8});
    selector.failed(slot{8});
    CHECK(selector.select() == slot{2});
}

TEST_CASE("with_backup: both groups start as the selector given") {
    with_backup<poise::least_connections> selector({.backups = {2, 3}},
                                                   poise::least_connections({.ties = poise::ties::first}));
    selector.assign(poise::members({1, 1, 1, 1}));
    for (int i = 0; i < 3; ++i) CHECK(selector.select() == slot{0});
    for (const std::uint32_t down : {0U, 1U}) selector.disable(slot{down});
    for (int i = 0; i < 3; ++i) CHECK(selector.select() == slot{2});
}

TEST_CASE("with_backup: when it or the selector refuses a membership, nothing has changed") {
    first_selector narrow;
    narrow.most = 2;
    with_backup<first_selector> selector({.backups = {7, 8, 9}}, narrow);
    selector.assign(std::vector<poise::member>{{1, 1}, {7, 1}, {2, 1}});
    const auto before = selector;
    using refused = std::vector<poise::member>;
    for (const refused& members : {refused{{1, 1}, {2, 1}, {3, 1}}, refused{{1, 1}, {7, 1}, {8, 1}, {9, 1}}}) {
        CHECK_THROWS_AS(selector.assign(members), std::runtime_error);
        CHECK(selector == before);
    }
    CHECK_THROWS_WITH(selector.assign(refused{{7, 1}, {7, 1}}),
                      "poise: with_backup: duplicate member id 7 (expected ids that differ)");
    CHECK(selector == before);
    selector.assign(refused{{1, 1}, {7, 1}, {8, 1}, {2, 1}});
    CHECK(selector.select([](slot where) { return where == slot{2}; }) == slot{2});
}

TEST_CASE("with_backup: when memory ends, nothing has changed") {
    with_backup<poise::least_connections> selector({.backups = {1, 4}});
    selector.assign(poise::members({5, 1, 1}));
    selector.opened(slot{0});
    const auto before = selector;
    const auto larger = poise::members({1, 5, 2, 0, 9});
    std::uint64_t enough = 0;
    for (bool failed = true; failed; ++enough) {
        const allocation_limit limit(enough);
        try {
            selector.assign(larger);
            failed = false;
        } catch (const std::bad_alloc&) {
            if (!(selector == before)) break;
        }
    }
    CHECK(enough > 1);
    CHECK(selector.size() == larger.size());
}

TEST_CASE("with_backup: differs when a group, a turn or the backups do") {
    with_backup<smooth> one({.backups = {1}});
    one.assign(poise::members({1, 1, 1}));
    with_backup<smooth> other = one;
    CHECK(one == other);
    CHECK(one.select());
    CHECK(one != other);
    CHECK(one.select());
    CHECK(one == other);
    other.disable(slot{1});
    CHECK(one != other);
    CHECK(with_backup<smooth>({.backups = {1, 2}}) == with_backup<smooth>({.backups = {2, 1}}));
    CHECK(with_backup<smooth>({.backups = {1}}) != with_backup<smooth>({.backups = {2}}));
}

TEST_CASE("with_backup: in a pool") {
    using std::chrono::seconds;
    poise::pool<int, with_backup<smooth>, poise::nginx_passive> pool(with_backup<smooth>({.backups = {30}}));
    pool.assign({{1, {.id = 10}}, {2, {.id = 20}}, {3, {.id = 30}}});
    pool.advance(seconds(100));
    CHECK(**pool.acquire() == 1);
    CHECK(**pool.acquire() == 2);
    ids tried;
    while (auto lease = pool.acquire(poise::except(tried))) {
        tried.push_back(lease->id());
        lease->finish(outcome::failure);
    }
    CHECK(tried == ids{10, 20, 30});
    CHECK_FALSE(pool.acquire());
    pool.advance(seconds(111));
    CHECK(**pool.acquire() != 3);
    CHECK(**pool.acquire() != 3);

    poise::pool<int, with_backup<poise::least_loaded>> by_load(with_backup<poise::least_loaded>({.backups = {10}}));
    by_load.assign({{1, {.id = 10}}, {2, {.id = 20}}, {3, {.id = 30}}});
    auto first = by_load.acquire();
    auto second = by_load.acquire();
    REQUIRE((first && second));
    CHECK(**first + **second == 5);
    second.reset();
    CHECK(**by_load.acquire() != **first);
}
