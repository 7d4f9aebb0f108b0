// SPDX-License-Identifier: MIT
#include <poise/selectors/hash_ring.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>

#include <poise/layouts/haproxy.hpp>
#include <poise/layouts/ketama.hpp>

#include "support/all_selectors.hpp"
#include "support/random.hpp"
#include "support/ring_model.hpp"

using namespace test;
using poise::hash_ring;
using poise::key_hash;
using poise::ring_lookup;
using poise::slot;

namespace {

/// So few places that members often share one, and a member has some twice; both ends of the ring are among them.
template <ring_lookup Lookup>
struct crowded_layout {
    static constexpr std::uint32_t points_per_weight = 3;
    static constexpr ring_lookup lookup = Lookup;
    static constexpr std::array<std::uint32_t, 7> places{0, 1, 2, 0x7fffffffU, 0x80000000U, 0xfffffffdU, 0xffffffffU};

    static constexpr void place(std::uint64_t id, std::span<std::uint32_t> points) noexcept {
        std::uint64_t number = id % 7;
        for (std::uint32_t& point : points) point = places[(number += 3) % 7];
    }
};
using crowded_clockwise = crowded_layout<ring_lookup::clockwise>;
using crowded_nearest = crowded_layout<ring_lookup::nearest>;

/// One point a unit of weight, as far apart as a layout with state says.
struct stepping_layout {
    static constexpr std::uint32_t points_per_weight = 1;
    static constexpr ring_lookup lookup = ring_lookup::clockwise;
    std::uint32_t step = 1000;

    void place(std::uint64_t id, std::span<std::uint32_t> points) const noexcept {
        auto next = static_cast<std::uint32_t>(id);
        for (std::uint32_t& point : points) point = next += step;
    }
    friend constexpr bool operator==(const stepping_layout&, const stepping_layout&) = default;
};

/// So many points that their number overflows 64 bits with few members.
struct vast_layout : stepping_layout {
    static constexpr std::uint32_t points_per_weight = 1U << 25U;
};

/// The id is the point.
struct one_point {
    static constexpr std::uint32_t points_per_weight = 1;
    static constexpr ring_lookup lookup = ring_lookup::nearest;

    static void place(std::uint64_t id, std::span<std::uint32_t> points) noexcept {
        std::ranges::fill(points, static_cast<std::uint32_t>(id));
    }
};

struct side_by_side_step {
    std::uint32_t heaviest;
    std::uint32_t keys;
};

/// The ring and the map of points, side by side, through the same random life.
template <class Layout>
void churn(std::uint64_t seed, side_by_side_step scale) {
    INFO("seed " << seed);
    random_source random(seed);
    hash_ring<Layout> selector;
    std::vector<poise::member> members;
    std::map<std::uint64_t, bool> down;
    for (int step = 0; step < 25; ++step) {
        switch (random.below(4)) {
        case 0: members = random_members(random, 9, scale.heaviest); break;
        case 1: members.push_back({100 + static_cast<std::uint64_t>(step), random.between(1, scale.heaviest)}); break;
        case 2:
            if (!members.empty())
                members.erase(members.begin() + static_cast<std::ptrdiff_t>(random.index(members.size())));
            break;
        default:
            if (!members.empty()) members[random.index(members.size())].weight = random.below(scale.heaviest + 1);
        }
        selector.assign(members);
        std::map<std::uint64_t, bool> stayed;
        for (std::size_t i = 0; i < members.size(); ++i) {
            bool& is_down = stayed[members[i].id] = down[members[i].id];
            if (!random.one_in(4)) continue;
            is_down = !is_down;
            is_down ? selector.disable(static_cast<slot>(i)) : selector.enable(static_cast<slot>(i));
        }
        down = stayed;
        const ring_model<Layout> model(members);
        for (std::uint32_t i = 0; i < scale.keys; ++i) {
            const auto away = random_ids(random, members, random.one_in(2) ? 2 : 4);
            std::uint32_t hash = random.below(0xffffffffU);
            if (random.one_in(2)) hash = std::array{0U, 1U, 2U, 3U, 0x80000000U, 0xfffffffeU, 0xffffffffU}[hash % 7];
            const std::uint64_t above = std::uint64_t{random.below(9)} << 32U; // does not count
            const auto chosen = random.one_in(2) ? selector.select(key_hash{above | hash}, poise::except(away))
                                                 : selector.select(key_hash{above | hash}, all_but(away, members));
            const auto expected =
                model.choose(hash, [&](std::uint64_t id) { return !down[id] && !contains(away, id); });
            REQUIRE(chosen.has_value() == expected.has_value());
            if (chosen) REQUIRE(members[static_cast<std::size_t>(*chosen)].id == *expected);
        }
    }
}

template <class Layout>
std::string message_of(const std::vector<poise::member>& members) {
    hash_ring<Layout> selector;
    selector.assign(poise::members({}));
    const auto before = selector;
    try {
        selector.assign(members);
    } catch (const std::invalid_argument& error) {
        return selector == before ? error.what() : "something has changed";
    }
    return "nothing was thrown";
}

} // namespace

static_assert(poise::ring_layout<stepping_layout> && poise::shareable_selector<hash_ring<stepping_layout>>);

TEST_CASE("hash_ring: rings whose layouts differ are not equal, even without members") {
    using ring = poise::hash_ring<stepping_layout>;
    CHECK(ring(stepping_layout{.step = 5}) == ring(stepping_layout{.step = 5}));
    CHECK(ring(stepping_layout{.step = 5}) != ring(stepping_layout{.step = 6}));
}

TEST_CASE("hash_ring chooses as a map of points does, through every change") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        churn<poise::ketama_layout>(seed, {.heaviest = 3, .keys = 60});
        churn<poise::haproxy_layout>(seed, {.heaviest = 20, .keys = 60});
        churn<crowded_clockwise>(seed, {.heaviest = 4, .keys = 60});
        churn<crowded_nearest>(seed, {.heaviest = 4, .keys = 60});
        churn<stepping_layout>(seed, {.heaviest = 1000, .keys = 60});
    }
}

TEST_CASE("hash_ring: at and next to every point, and in the middle between two") {
    random_source random(1);
    const auto check = [&]<class Layout>(Layout) {
        const auto members = random_members(random, 9, 2);
        hash_ring<Layout> selector;
        selector.assign(members);
        const ring_model<Layout> model(members);
        std::vector<std::uint32_t> points;
        for (const poise::member& m : members) {
            std::vector<std::uint32_t> own(std::size_t{m.weight} * Layout::points_per_weight);
            Layout::place(m.id, own);
            points.insert(points.end(), own.begin(), own.end());
        }
        std::ranges::sort(points);
        for (std::size_t i = 0; i < points.size(); ++i) {
            const std::uint32_t gap = points[(i + 1) % points.size()] - points[i];
            for (const std::uint32_t hash : {points[i] - 1, points[i], points[i] + 1, points[i] + (gap - 1) / 2,
                                             points[i] + gap / 2, points[i] + gap / 2 + 1}) {
                const auto chosen = selector.select(key_hash{hash});
                REQUIRE(members[static_cast<std::size_t>(chosen.value())].id ==
                        model.choose(hash, [](std::uint64_t) { return true; }));
            }
        }
    };
    for (int i = 0; i < 20; ++i) {
        check(poise::ketama_layout());
        check(poise::haproxy_layout());
        check(crowded_clockwise());
        check(crowded_nearest());
    }
}

TEST_CASE("hash_ring: a key halfway between two points goes to the one before") {
    hash_ring<one_point> selector;
    selector.assign(std::vector<poise::member>{{100, 1}, {200, 1}, {0xfffffff0U, 1}});
    const std::vector<std::pair<std::uint64_t, std::uint32_t>> expected{
        {100, 0},         {149, 0}, {150, 0}, {151, 1}, {200, 1}, {0x8000005cU, 1}, {0x8000005dU, 2},
        {0xffffffffU, 2}, {0, 2},   {42, 2},  {43, 0},  {99, 0},  {0xfffffff0U, 2}};
    for (const auto& [hash, where] : expected) {
        CAPTURE(hash);
        CHECK(selector.select(key_hash{hash}) == slot{where});
    }
    selector.assign(std::vector<poise::member>{{100, 1}});
    for (const std::uint64_t hash : {0U, 99U, 100U, 101U, 0xffffffffU})
        CHECK(selector.select(key_hash{hash}) == slot{0});
}

TEST_CASE("hash_ring: where points are equal, the lower id comes first, and one after the other gets the key") {
    hash_ring<crowded_clockwise> selector;
    selector.assign(std::vector<poise::member>{{8, 1}, {1, 1}, {15, 1}}); // ids that are equal modulo 7
    CHECK(selector.positions() == 9);
    for (const std::uint64_t hash : {0U, 77U, 0xffffffffU}) {
        std::vector<std::uint64_t> order;
        while (const auto chosen = selector.select(key_hash{hash}, poise::except(order))) {
            order.push_back(selector.members()[static_cast<std::size_t>(*chosen)].id);
        }
        CHECK(order == std::vector<std::uint64_t>{1, 8, 15});
    }
}

TEST_CASE("hash_ring: positions, next and at go around the ring") {
    hash_ring<stepping_layout> selector;
    selector.assign(std::vector<poise::member>{{2, 2}, {1, 3}, {0, 0}}); // points 1001 1002 2001 2002 3001
    REQUIRE(selector.positions() == 5);
    const std::array<std::uint32_t, 5> owners{1, 0, 1, 0, 1};
    for (std::size_t position = 0; position < 15; ++position) {
        CAPTURE(position);
        CHECK(selector.next(position) == position % 5);
        CHECK(selector.at(position) == slot{owners[position % 5]});
        const auto first = [](slot where) {
            return where == slot{0};
        };
        const std::array<std::size_t, 5> next_first{1, 1, 3, 3, 1};
        CHECK(selector.next(position, first) == next_first[position % 5]);
        CHECK(selector.at(position, first) == slot{0});
    }
    CHECK(selector.select(key_hash{1001}) == slot{1});
    CHECK(selector.select(key_hash{1002}) == slot{0});
    CHECK(selector.select(key_hash{3002}) == slot{1});
    CHECK_FALSE(selector.at(0, [](slot) { return false; }));
    CHECK_FALSE(hash_ring<stepping_layout>().at(0));
    CHECK_FALSE(hash_ring<stepping_layout>().select(key_hash{0}));
}

TEST_CASE("hash_ring: a layout may have state") {
    hash_ring<stepping_layout> narrow(stepping_layout{.step = 10});
    hash_ring<stepping_layout> wide;
    for (auto* selector : {&narrow, &wide}) selector->assign(poise::members({2, 1})); // 10 20, 11; 1000 2000, 1001
    CHECK(narrow.select(key_hash{12}) == slot{0});
    CHECK(narrow.select(key_hash{1001}) == slot{0});
    CHECK(wide.select(key_hash{1001}) == slot{1});
    CHECK(narrow != wide);
    narrow.assign(poise::members({1, 1}));
    CHECK(narrow.select(key_hash{11}) == slot{1});
}

TEST_CASE("hash_ring: few questions, however few are left") {
    hash_ring<stepping_layout> selector;
    selector.assign(std::vector<poise::member>{{1, 100'000}, {500, 1}, {2, 100'000}});
    std::size_t questions = 0;
    const auto middle = [&questions](slot where) {
        ++questions;
        return where == slot{1};
    };
    for (const std::uint64_t hash : {0U, 1501U, 99'000'000U, 0xffffffffU}) {
        questions = 0;
        CHECK(selector.select(key_hash{hash}, middle) == slot{1});
        CHECK(questions <= 2 * selector.size() + 1);
    }
}

TEST_CASE("hash_ring: too many points, or a weight without points, is refused by name, and nothing has changed") {
    CHECK(message_of<poise::haproxy_layout>(poise::members({1, 257})) ==
          "poise: hash_ring: weight 257 (expected at most 256)");
    CHECK(message_of<poise::haproxy_layout>(poise::members({256})) == "nothing was thrown");
    CHECK(message_of<poise::ketama_layout>(poise::members({419'430, 1})) ==
          "poise: hash_ring: number of points 67108960 (expected at most 67108864)");
    CHECK(message_of<poise::ketama_layout>(poise::members({4294967295U, 4294967295U}))
              .starts_with("poise: hash_ring: number of points 1374389534400 "));
    CHECK(message_of<vast_layout>(poise::members({3})).starts_with("poise: hash_ring: number of points 100663296 "));
    // 128 times (2^32 - 1), 127 and 1 times 2^25 is exactly 2^64
    std::vector<poise::member> overflow(128, {0, 4294967295U});
    overflow.push_back({0, 127});
    overflow.push_back({0, 1});
    for (std::size_t i = 0; i < overflow.size(); ++i) overflow[i].id = i;
    CHECK(message_of<vast_layout>(overflow).starts_with("poise: hash_ring: number of points "));
}

TEST_CASE("hash_ring: mappings and fingerprints are pinned") {
    const std::vector<poise::member> members{{11, 4}, {7, 2}, {3, 5}};
    const auto ids = [](const auto& selector) {
        std::vector<std::uint64_t> result;
        for (const std::string_view key : {"a", "abc", "/", "/index.html", "user1", "user2", "10.0.0.1"}) {
            const auto chosen = selector.select(poise::hashed(key, poise::hashes::crc32{}));
            result.push_back(selector.members()[static_cast<std::size_t>(chosen.value())].id);
        }
        return result;
    };
    poise::ketama_ring ketama;
    ketama.assign(members);
    CHECK(ids(ketama) == std::vector<std::uint64_t>{3, 3, 3, 3, 11, 3, 3});
    CHECK(ketama.fingerprint() == 0x627cc3bff8306b41U);
    poise::haproxy_ring haproxy;
    haproxy.assign(members);
    CHECK(ids(haproxy) == std::vector<std::uint64_t>{11, 7, 3, 3, 3, 3, 11});
    CHECK(haproxy.fingerprint() == 0x331160d33baeb5d8U);
}
