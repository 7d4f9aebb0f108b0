// SPDX-License-Identifier: MIT
#include <poise/accept.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <string>
#include <vector>

#include <poise/poise.hpp>

using poise::except;
using poise::slot;

namespace {

// Accepted as an accept: exactly bool, of a slot, asked through const.
struct by_const_member {
    bool operator()(slot) const;
};
struct only_mutable {
    bool operator()(slot);
};
struct ids_only {
    std::span<const std::uint64_t> ids() const noexcept;
};
struct ids_that_throw {
    std::span<const std::uint64_t> ids() const;
};
struct ids_by_value {
    std::vector<std::uint64_t> ids() const noexcept;
};

} // namespace

static_assert(poise::slot_predicate<by_const_member> && poise::slot_predicate<bool (*)(slot)>);
static_assert(!poise::slot_predicate<only_mutable>, "an accept has no state of its own");
static_assert(!poise::slot_predicate<int (*)(slot)> && !poise::slot_predicate<std::true_type (*)(slot)>);
static_assert(!poise::slot_predicate<bool> && !poise::slot_predicate<slot>);
static_assert(poise::enumerable_accept<except> && poise::enumerable_accept<except::bound>);
static_assert(poise::enumerable_accept<ids_only> && poise::accept_rule<ids_only>);
static_assert(!poise::enumerable_accept<ids_that_throw> && !poise::enumerable_accept<ids_by_value>);
static_assert(!poise::enumerable_accept<poise::accept_all> && !poise::enumerable_accept<by_const_member>);
static_assert(poise::slot_predicate<except::bound> && !poise::slot_predicate<except>);
static_assert(!poise::accept_rule<int> && !poise::accept_rule<slot> && !poise::accept_rule<std::vector<std::uint64_t>>);
static_assert(std::constructible_from<except, std::vector<std::uint64_t>&>);
static_assert(!std::convertible_to<std::vector<std::uint64_t>, except>, "ids become an accept only by name");
static_assert(poise::accept_all{}(slot{0}) && poise::accept_all{}(slot{0xffffffffU}));

TEST_CASE("except over members judges each slot by its id") {
    const std::vector<poise::member> members{{10, 1}, {20, 1}, {30, 1}};
    const std::vector<std::uint64_t> tried{30, 10, 30, 99};
    const except rejecting(tried);
    CHECK(rejecting.ids().data() == tried.data());
    CHECK(rejecting.ids().size() == tried.size());
    const except::bound bound = rejecting.over(members);
    CHECK(bound.ids().data() == tried.data());
    CHECK_FALSE(bound(slot{0}));
    CHECK(bound(slot{1}));
    CHECK_FALSE(bound(slot{2}));
}

TEST_CASE("except of nothing accepts everybody") {
    const auto members = poise::members({1, 1});
    const except nobody(std::span<const std::uint64_t>{});
    CHECK(nobody.over(members)(slot{0}));
    CHECK(nobody.over(members)(slot{1}));
}

TEST_CASE("except sees ids added to the list later, and is of no effect beyond its selection") {
    poise::round_robin selector;
    selector.assign(poise::members({1, 1, 1}));
    std::array<std::uint64_t, 2> tried{77, 77};
    const except rejecting(tried);
    CHECK(selector.select(rejecting) == slot{0});
    tried = {1, 2};
    CHECK(selector.select(rejecting) == slot{0});
    CHECK(selector.select() == slot{1});
    CHECK(selector.select() == slot{2});
}

TEST_CASE("any accept that has ids is an enumerable one") {
    struct just_ids {
        std::vector<std::uint64_t> list;
        std::span<const std::uint64_t> ids() const noexcept { return list; }
    };
    poise::round_robin selector;
    selector.assign(poise::members({1, 1, 1}));
    CHECK(selector.select(just_ids{{0, 1}}) == slot{2});
    CHECK_FALSE(selector.select(just_ids{{0, 1, 2}}));
}

TEST_CASE("except within an accept rejects whom either rejects, and still says whom it was tried on") {
    const auto members = poise::members({1, 1, 1, 1});
    const std::vector<std::uint64_t> tried{2, 0};
    const auto odd = [](poise::slot where) {
        return static_cast<std::uint32_t>(where) % 2 == 1;
    };
    const auto both = poise::except(tried).within(odd);
    STATIC_REQUIRE(poise::accept_rule<decltype(both)> && poise::enumerable_accept<decltype(both)>);
    STATIC_REQUIRE_FALSE(poise::slot_predicate<decltype(both)>);
    const auto bound = both.over(members);
    CHECK(std::ranges::equal(bound.ids(), tried));
    for (std::uint32_t i = 0; i < 4; ++i) CHECK(bound(poise::slot{i}) == (i == 1 || i == 3));
    poise::smooth_weighted_round_robin smooth;
    smooth.assign(members);
    for (const std::uint32_t expected : {1U, 3U, 1U}) CHECK(smooth.select(both) == poise::slot{expected});
    poise::first_available first; // which may be shared: it writes nothing to reject
    first.assign(members);
    CHECK(first.select(both) == poise::slot{1});
    poise::pool<int, poise::first_available> pool;
    for (int i = 0; i < 4; ++i) pool.add(i);
    CHECK(**pool.acquire(both) == 1);
}
