// SPDX-License-Identifier: MIT
// any_selector: it chooses as what it holds chooses, however it is asked.
#include <poise/any_selector.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <poise/pool.hpp>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"
#include "support/archetypes.hpp"
#include "support/random.hpp"

using namespace test;
using poise::any_selector;
using poise::key_hash;
using poise::request;
using poise::slot;

namespace {

// One of each kind: keyless, counting, by load, drawing, keyed with and without a fallback of its own, layers.
using held_selectors =
    std::tuple<poise::smooth_weighted_round_robin, poise::fast_weighted_round_robin, poise::first_available,
               poise::least_connections, poise::least_loaded, least_loaded_first, poise::random_draws,
               poise::ketama_ring, modulo_or_cursor, poise::nginx_hash, bounded_or_cursor, smooth_with_backup>;

bool is_odd(slot where) {
    return static_cast<std::uint32_t>(where) % 2 == 1;
}
std::uint64_t load_by_place(slot where) {
    return 9 - static_cast<std::uint64_t>(where);
}

constexpr auto load_of(std::uint64_t turn) {
    return [turn](slot where) {
        return (turn * 7 + static_cast<std::uint64_t>(where) * 5) % 3;
    };
}

/// As `choose`, but both ways: through the erased one and directly. An absent key goes to the fallback, as it must.
template <class Selector, class Accept>
std::optional<slot> direct(Selector& selector, bool has_key, std::uint64_t turn, const Accept& accept) {
    if constexpr (poise::keyed_selector<Selector>) {
        if (has_key) return selector.select(key_of(turn), accept);
    }
    if constexpr (poise::keyless_selector<Selector>) {
        return selector.select(accept);
    } else {
        return selector.select(load_of(turn), accept);
    }
}

/// A ring by itself has no choice without a key: the erased one has, by turns, and that is keyed_or's.
template <class Selector>
struct totalled {
    using type = Selector;
};
template <poise::keyed_selector Selector>
    requires(!poise::keyless_selector<Selector>)
struct totalled<Selector> {
    using type = poise::keyed_or<Selector>;
};

} // namespace

TEMPLATE_LIST_TEST_CASE("any_selector: the choices are those of the selector that it holds", "", held_selectors) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        typename totalled<TestType>::type plain;
        any_selector erased{TestType()};
        std::vector<poise::member> members;
        for (std::uint64_t turn = 0; turn < 150; ++turn) {
            if (turn == 0 || random.one_in(20)) {
                members = random_members(random, 10, at_most<TestType>(9));
                plain.assign(members);
                erased.assign(members);
            }
            const auto where = static_cast<slot>(random.below(12));
            switch (random.below(8)) {
            case 0: plain.disable(where), erased.disable(where); break;
            case 1: plain.enable(where), erased.enable(where); break;
            case 2: fail(plain, where), erased.failed(where); break;
            case 3: open(plain, where), erased.opened(where); break;
            case 4: close(plain, where), erased.closed(where); break;
            default: break;
            }
            const bool has_key = random.one_in(2);
            const request what{.key = has_key ? std::optional(key_of(turn)) : std::nullopt};
            const auto load = load_of(turn);
            const std::vector<std::uint64_t> away = random_ids(random, members, 4);
            const poise::except some(away);
            const auto even = [](slot s) {
                return static_cast<std::uint32_t>(s) % 2 == 0;
            };
            switch (random.below(4)) {
            case 0:
                REQUIRE(erased.select({.key = what.key, .load = load}) ==
                        direct(plain, has_key, turn, poise::accept_all{}));
                break;
            case 1:
                REQUIRE(erased.select({.key = what.key, .load = load, .accept = some}) ==
                        direct(plain, has_key, turn, some));
                break;
            case 2:
                REQUIRE(erased.select({.key = what.key, .load = load, .accept = some.within(even)}) ==
                        direct(plain, has_key, turn, some.within(even)));
                break;
            default:
                REQUIRE(erased.select({.key = what.key, .load = load, .accept = even}) ==
                        direct(plain, has_key, turn, even));
            }
            if (random.one_in(50)) plain.reset(), erased.reset();
        }
    }
}

TEST_CASE("any_selector: a load selector without a load goes by connections, which follow their members") {
    any_selector selector{least_loaded_first()};
    selector.assign(poise::members({1, 1, 1}));
    selector.opened(slot{0});
    selector.opened(slot{1});
    CHECK(selector.select() == slot{2});
    const std::vector<poise::member> turned{{.id = 2}, {.id = 1}, {.id = 0}, {.id = 9}};
    selector.assign(turned);
    selector.opened(slot{0});
    selector.opened(slot{3});
    selector.closed(slot{1});
    CHECK(selector.select() == slot{1});
    selector.reset();
    CHECK(selector.select() == slot{1}); // connections stay
    selector.closed(slot{2});
    selector.opened(slot{1});
    CHECK(selector.select() == slot{2});
    CHECK(selector.select({.load = load_by_place}) == slot{3}); // a plain function is viewed as well
    CHECK(selector.select({.load = load_by_place, .accept = is_odd}) == slot{3});
    CHECK(selector.select(is_odd) == slot{1});
    const auto busy = [](slot where) {
        return where == slot{3} ? 0U : 5U;
    };
    CHECK(selector.select({.load = busy}) == slot{3});
}

TEST_CASE("any_selector: a keyed selector of the user's has turns by weight where there is no key") {
    any_selector selector{modulo_selector()};
    selector.assign(poise::members({5, 1, 1}));
    CHECK(selector.select(key_hash{4}) == slot{1});
    std::string order;
    for (int i = 0; i < 7; ++i) order += "abc"[static_cast<std::size_t>(*selector.select())];
    CHECK(order == "aabacaa");
    modulo_selector with_members;
    with_members.assign(poise::members({1, 1}));
    any_selector late{with_members};
    CHECK(late.select() == slot{0});
    CHECK(late.select(poise::except(std::vector<std::uint64_t>{0})) == slot{1});
}

namespace {

/// Tells by its choice what kind of accept reached it.
class accept_kind : public plain_selector {
  public:
    template <poise::accept_rule Accept = poise::accept_all>
    std::optional<slot> select(const Accept& accept = {}) noexcept {
        if constexpr (std::same_as<Accept, poise::accept_all>) return slot{0};
        if constexpr (poise::enumerable_accept<Accept>) return accept.ids().empty() ? slot{2} : slot{1};
        return slot{3};
    }
};

} // namespace

TEST_CASE("any_selector: what is fast for a type of accept stays so") {
    any_selector selector{accept_kind()};
    const std::vector<std::uint64_t> one{7};
    CHECK(selector.select() == slot{0});
    CHECK(selector.select(poise::accept_all{}) == slot{0});
    CHECK(selector.select(request{}) == slot{0});
    CHECK(selector.select(poise::except({})) == slot{0}); // rejects nobody
    CHECK(selector.select(poise::except(one)) == slot{1});
    CHECK(selector.select(poise::except(one).over(selector.members())) == slot{1});
    CHECK(selector.select([](slot) { return true; }) == slot{2});
}

TEST_CASE("any_selector: equal by what it holds, and copies go their own ways") {
    any_selector smooth{poise::smooth_weighted_round_robin()};
    smooth.assign(poise::members({5, 1, 1}));
    any_selector copy = smooth;
    CHECK(copy == smooth);
    CHECK(copy.select() == slot{0});
    CHECK(copy != smooth);
    copy = smooth;
    CHECK(copy == smooth);
    const any_selector moved = std::move(copy);
    CHECK(moved == smooth);
    any_selector plain{poise::round_robin()};
    plain.assign(poise::members({5, 1, 1}));
    CHECK(plain != smooth);
    CHECK(plain.exceptions().size() == 1);
    CHECK(plain.exceptions().front().broken == poise::law::fairness);
    CHECK(smooth.exceptions().empty());
}

TEST_CASE("any_selector: an assign that fails changes nothing") {
    for (any_selector selector :
         {any_selector{poise::smooth_weighted_round_robin()}, any_selector{least_loaded_first()},
          any_selector{poise::ketama_ring()}, any_selector{least_selector()}}) {
        selector.assign(poise::members({2, 1}));
        selector.opened(slot{0});
        const any_selector before = selector;
        const std::vector<poise::member> twins{{.id = 1}, {.id = 1}};
        CHECK_THROWS_AS(selector.assign(twins), std::invalid_argument);
        CHECK(selector == before);
    }
}

TEST_CASE("any_selector: selecting allocates nothing") {
    any_selector selector{poise::bounded_load<poise::keyed_or<poise::haproxy_ring>>()};
    selector.assign(poise::members({5, 1, 1}));
    const std::vector<std::uint64_t> tried{1};
    const std::uint64_t before = allocations();
    for (std::uint64_t i = 0; i < 20; ++i) {
        CHECK(selector.select(request{.key = key_of(i), .accept = poise::except(tried)}));
        CHECK(selector.select([](slot where) { return where != slot{0}; }));
        selector.opened(slot{0});
        selector.closed(slot{0});
    }
    CHECK(allocations() == before);
}

TEST_CASE("any_selector: the time reaches a selector that has a clock, also through a pool") {
    using std::chrono::seconds;
    any_selector selector{poise::lvs_locality({.expiration = seconds(10)})};
    selector.assign(poise::members({1, 1}));
    CHECK(selector.select(key_hash{7}) == slot{0});
    selector.opened(slot{0});
    CHECK(selector.select(key_hash{7}) == slot{0}); // it stays
    selector.advance(seconds(11));
    CHECK(selector.select(key_hash{7}) == slot{1}); // forgotten, so the least loaded
    poise::pool<std::string, any_selector> pool(any_selector{poise::lvs_locality({.expiration = seconds(10)})});
    pool.assign({{"a", {.id = 1}}, {"b", {.id = 2}}});
    const auto first = pool.acquire(key_hash{7});
    CHECK(**pool.acquire(key_hash{7}) == **first);
    pool.advance(seconds(11));
    CHECK(**pool.acquire(key_hash{7}) != **first);
    any_selector without{poise::round_robin()};
    without.advance(seconds(1)); // nobody listens
}

TEST_CASE("any_selector: in a pool, every selector is one type") {
    using any_pool = poise::pool<std::string, any_selector>;
    const auto three = [](any_pool& pool) {
        pool.assign({{"a", {.id = 1, .weight = 5}}, {"b", {.id = 2}}, {"c", {.id = 3}}});
    };
    any_pool least(any_selector{least_loaded_first()});
    three(least);
    auto first = least.acquire();
    auto second = least.acquire();
    CHECK(**first + **second == "ab");
    any_pool ring(any_selector{poise::haproxy_ring()});
    three(ring);
    const auto at = ring.acquire(key_hash{12345});
    const std::vector<std::uint64_t> tried{at->id()};
    CHECK(ring.acquire(key_hash{12345})->id() == at->id());
    CHECK(ring.acquire(key_hash{12345}, poise::except(tried))->id() != at->id());
    CHECK(ring.acquire()); // no key
    poise::pool<std::string, any_selector, poise::nginx_passive> smooth(
        any_selector{poise::smooth_weighted_round_robin()},
        poise::nginx_passive({.each = {{1, {.max_fails = 0}}, {2, {.max_fails = 1}}}}));
    smooth.assign({{"a", {.id = 1, .weight = 1}}, {"b", {.id = 2, .weight = 5}}});
    smooth.acquire()->finish(poise::outcome::failure); // b: out for its window
    for (int i = 0; i < 5; ++i) CHECK(**smooth.acquire() == "a");
}
