// SPDX-License-Identifier: MIT
// Who has been moved from is in some state, and every call is still allowed.
#include <poise/poise.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <utility>

using poise::slot;

TEMPLATE_TEST_CASE("moved from: it may be asked, reset and assigned again", "", poise::round_robin,
                   poise::smooth_weighted_round_robin, poise::fast_weighted_round_robin, poise::static_round_robin,
                   poise::interleaved_weighted_round_robin, poise::least_connections, poise::random_draws,
                   poise::modulo_hash, poise::ketama_ring, poise::haproxy_ring, poise::nginx_consistent_hash) {
    const auto select = [](auto& selector) {
        if constexpr (poise::keyed_selector<TestType>) {
            return selector.select(poise::key_hash{0x12345678});
        } else {
            return selector.select();
        }
    };
    TestType one;
    one.assign(poise::members({3, 1, 2, 1}));
    for (int i = 0; i < 30; ++i) REQUIRE(select(one));
    const TestType other = std::move(one);
    // NOLINTBEGIN(bugprone-use-after-move): that is what is tested
    CHECK_FALSE(select(one).has_value());
    one.reset();
    one.disable(slot{1});
    one.enable(slot{1});
    CHECK_FALSE(select(one).has_value());
    one.assign(poise::members({1}));
    CHECK(select(one) == slot{0});
    // NOLINTEND(bugprone-use-after-move)
    CHECK(other.size() == 4);
}
