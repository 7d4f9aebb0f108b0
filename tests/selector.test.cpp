// SPDX-License-Identifier: MIT
#include <poise/selector.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>

#include "support/all_selectors.hpp"
#include "support/archetypes.hpp"

using namespace test;
using namespace poise;

namespace {

using load = unsigned (*)(slot);

// Each is a selector but for one thing.
struct not_copyable : plain_selector {
    std::unique_ptr<int> only_one;
};
struct not_comparable : first_selector {
    bool operator==(const not_comparable&) const = delete;
};
struct size_may_throw : plain_selector {
    std::size_t size() const { return 0; }
};
struct size_is_signed : plain_selector {
    int size() const noexcept { return 0; }
};
struct members_are_copied : plain_selector {
    std::vector<member> members() const noexcept { return {}; }
};
struct disable_may_throw : plain_selector {
    void disable(slot) {}
};
struct enable_may_throw : plain_selector {
    void enable(slot) {}
};
struct reset_may_throw : plain_selector {
    void reset() {}
};
struct cannot_assign : plain_selector {
    void assign(std::span<const member>) = delete;
};

// Each selects but for one thing.
struct select_may_throw : plain_selector {
    std::optional<slot> select(accept_all = {}) { return {}; }
};
struct select_gives_a_number : plain_selector {
    int select(accept_all = {}) noexcept { return -1; }
};
struct select_takes_no_accept : plain_selector {
    std::optional<slot> select() noexcept { return {}; }
};
struct select_must_have_accept : plain_selector {
    std::optional<slot> select(accept_all) noexcept { return {}; }
};
struct key_is_any_number : plain_selector {
    std::optional<slot> select(auto, accept_all = {}) noexcept { return {}; }
};
struct load_may_be_a_predicate : plain_selector {
    std::optional<slot> select(auto (*)(slot), accept_all = {}) noexcept { return {}; }
};
struct keyed_and_counting : plain_selector {
    std::optional<slot> select(key_hash, accept_all = {}) noexcept { return {}; }
    void opened(slot) noexcept {}
    void closed(slot) noexcept {}
};
struct only_opened : plain_selector {
    void opened(slot) noexcept {}
};
struct failed_may_throw : plain_selector {
    void failed(slot) {}
};

} // namespace

static_assert(selector<plain_selector>);
static_assert(!selector<not_copyable> && !selector<not_comparable> && !selector<cannot_assign>);
static_assert(!selector<size_may_throw> && !selector<size_is_signed> && !selector<members_are_copied>);
static_assert(!selector<disable_may_throw> && !selector<enable_may_throw> && !selector<reset_may_throw>);
static_assert(!selector<const first_selector> && !selector<first_selector&> && !selector<std::vector<member>>);

static_assert(keyless_selector<first_selector> && keyless_selector<counting_selector>);
static_assert(!keyless_selector<plain_selector> && !keyless_selector<modulo_selector>);
static_assert(!keyless_selector<least_selector> && !keyless_selector<not_comparable>);
static_assert(!keyless_selector<select_may_throw> && !keyless_selector<select_gives_a_number>);
static_assert(!keyless_selector<select_takes_no_accept> && !keyless_selector<select_must_have_accept>);

static_assert(keyed_selector<modulo_selector> && keyed_selector<keyed_and_counting>);
static_assert(!keyed_selector<plain_selector> && !keyed_selector<first_selector> && !keyed_selector<least_selector>);
static_assert(!keyed_selector<key_is_any_number>, "a number is no key: it may be a load or a position");

static_assert(load_selector<least_selector>);
static_assert(!load_selector<plain_selector> && !load_selector<first_selector> && !load_selector<modulo_selector>);
static_assert(!load_selector<load_may_be_a_predicate>, "whoever takes a predicate as a load has confused the two");

static_assert(slot_load<load> && slot_load<std::uint8_t (*)(slot)> && slot_load<std::uint64_t (*)(slot)>);
static_assert(!slot_load<bool (*)(slot)> && !slot_load<long (*)(slot)> && !slot_load<float (*)(slot)>);
static_assert(!slot_load<unsigned (*)(unsigned)> && !slot_load<unsigned> && !slot_load<accept_all>);

static_assert(failure_aware_selector<counting_selector> && !failure_aware_selector<first_selector>);
static_assert(!failure_aware_selector<failed_may_throw>);
static_assert(connection_counting_selector<counting_selector> && connection_counting_selector<keyed_and_counting>);
static_assert(!connection_counting_selector<first_selector> && !connection_counting_selector<only_opened>);

static_assert(shareable_selector<first_selector> && shareable_selector<modulo_selector>);
static_assert(shareable_selector<least_selector> && !shareable_selector<plain_selector>);
static_assert(!shareable_selector<keyed_and_counting>, "select is not const");

// What the algorithms are.
static_assert(keyless_selector<round_robin> && !shareable_selector<round_robin>);
static_assert(!keyed_selector<round_robin> && !load_selector<round_robin>);
static_assert(!failure_aware_selector<round_robin> && !connection_counting_selector<round_robin>);
static_assert(keyless_selector<smooth_weighted_round_robin> && failure_aware_selector<smooth_weighted_round_robin>);
static_assert(!keyed_selector<smooth_weighted_round_robin> && !load_selector<smooth_weighted_round_robin>);
static_assert(keyless_selector<interleaved_weighted_round_robin>);
static_assert(!failure_aware_selector<interleaved_weighted_round_robin>);
static_assert(!keyed_selector<interleaved_weighted_round_robin> && !load_selector<interleaved_weighted_round_robin>);
static_assert(keyless_selector<least_connections> && connection_counting_selector<least_connections>);
static_assert(failure_aware_selector<least_connections> && !shareable_selector<least_connections>);
static_assert(!keyed_selector<least_connections> && !load_selector<least_connections>);
static_assert(load_selector<least_loaded> && !shareable_selector<least_loaded> && !keyless_selector<least_loaded>);
static_assert(!failure_aware_selector<least_loaded> && !connection_counting_selector<least_loaded>);
static_assert(load_selector<least_loaded_first> && shareable_selector<least_loaded_first>);
static_assert(load_selector<least_loaded_random> && !shareable_selector<least_loaded_random>);
static_assert(keyed_selector<modulo_hash> && shareable_selector<modulo_hash> && !keyless_selector<modulo_hash>);
static_assert(keyed_selector<ketama_ring> && shareable_selector<ketama_ring> && !load_selector<ketama_ring>);
static_assert(keyed_selector<haproxy_ring> && shareable_selector<haproxy_ring> && !keyless_selector<haproxy_ring>);

static_assert(keyless_selector<fast_weighted_round_robin> && !shareable_selector<fast_weighted_round_robin>);
static_assert(!failure_aware_selector<fast_weighted_round_robin>);
static_assert(keyless_selector<static_round_robin> && !shareable_selector<static_round_robin>);
static_assert(keyless_selector<first_available> && shareable_selector<first_available>);
static_assert(keyless_selector<random_draws> && connection_counting_selector<random_draws>);
static_assert(!shareable_selector<random_draws> && !keyed_selector<random_draws>);
static_assert(!failure_aware_selector<random_draws> && failure_aware_selector<nginx_random>);
static_assert(keyless_selector<nginx_random> && connection_counting_selector<nginx_random>);
static_assert(!shareable_selector<nginx_random> && !keyed_selector<nginx_random>);
static_assert(keyed_selector<nginx_hash> && keyless_selector<nginx_hash> && !shareable_selector<nginx_hash>);
static_assert(keyed_selector<ip_hash> && keyless_selector<ip_hash> && failure_aware_selector<ip_hash>);
static_assert(keyed_selector<nginx_consistent_hash> && keyless_selector<nginx_consistent_hash>);
static_assert(keyed_selector<lvs_locality> && keyless_selector<lvs_locality> && !shareable_selector<lvs_locality>);
static_assert(connection_counting_selector<lvs_locality> && !failure_aware_selector<lvs_locality>);
static_assert(timed_selector<lvs_locality, std::chrono::seconds>);
static_assert(!timed_selector<lvs_locality, int> && !timed_selector<lvs_locality, std::chrono::milliseconds>);
static_assert(!timed_selector<modulo_hash, std::chrono::seconds>);
static_assert(keyed_selector<bounded_table> && !keyless_selector<bounded_table> && !shareable_selector<bounded_table>);
static_assert(connection_counting_selector<bounded_ring> && !failure_aware_selector<bounded_ring>);
static_assert(keyless_selector<smooth_with_backup> && !keyed_selector<smooth_with_backup>);
static_assert(failure_aware_selector<smooth_with_backup> && !connection_counting_selector<smooth_with_backup>);
static_assert(keyed_selector<table_with_backup> && !keyless_selector<table_with_backup>);
static_assert(shareable_selector<table_with_backup> && !shareable_selector<smooth_with_backup>);
static_assert(shareable_selector<with_backup<first_available>> && shareable_selector<with_backup<least_loaded_first>>);
static_assert(!shareable_selector<with_backup<least_loaded>>);
static_assert(keyed_selector<bounded_or_cursor> && keyless_selector<bounded_or_cursor>);

// What they break, and nothing else.
static_assert(breaks<fast_weighted_round_robin>(law::survival) && breaks<fast_weighted_round_robin>(law::fairness));
static_assert(law_exceptions<fast_weighted_round_robin>.size() == 2);
static_assert(breaks<static_round_robin>(law::survival) && law_exceptions<static_round_robin>.size() == 1);
static_assert(breaks<first_available>(law::fairness) && law_exceptions<first_available>.size() == 1);
static_assert(breaks<random_draws>(law::fairness) && law_exceptions<random_draws>.size() == 1);
static_assert(law_exceptions<basic_random_draws<modulo_hash, splitmix64>>.empty());
static_assert(breaks<nginx_random>(law::fairness) && law_exceptions<nginx_random>.size() == 1);
static_assert(breaks<nginx_hash>(law::fairness) && law_exceptions<nginx_hash>.size() == 1);
static_assert(breaks<nginx_consistent_hash>(law::fairness) && law_exceptions<nginx_consistent_hash>.size() == 1);
static_assert(breaks<lvs_locality>(law::fairness) && breaks<lvs_locality>(law::fidelity));
static_assert(law_exceptions<lvs_locality>.size() == 2);
static_assert(breaks<bounded_ring>(law::fairness) && law_exceptions<bounded_table>.empty());
static_assert(breaks<bounded_or_cursor>(law::survival) && breaks<bounded_or_cursor>(law::fairness));
static_assert(breaks<smooth_with_backup>(law::fairness) && breaks<smooth_with_backup>(law::totality));
static_assert(law_exceptions<smooth_with_backup>.size() == 2 && law_exceptions<table_with_backup>.size() == 2);
static_assert(breaks<ketama_ring>(law::fairness) && breaks<haproxy_ring>(law::fairness));
static_assert(!breaks<ketama_ring>(law::purity) && law_exceptions<ketama_ring>.size() == 1);
static_assert(law_exceptions<modulo_hash>.empty() && law_exceptions<least_connections>.empty());
static_assert(law_exceptions<least_loaded>.empty());
static_assert(breaks<keyed_or<ketama_ring>>(law::fairness) && breaks<keyed_or<ketama_ring>>(law::survival));
static_assert(law_exceptions<keyed_or<ketama_ring, smooth_weighted_round_robin>>.size() == 1);
static_assert(law_exceptions<keyed_or<modulo_hash, smooth_weighted_round_robin>>.empty());
static_assert(breaks<keyed_or<modulo_hash, interleaved_weighted_round_robin>>(law::survival));
static_assert(breaks<round_robin>(law::fairness) && !breaks<round_robin>(law::survival));
static_assert(breaks<interleaved_weighted_round_robin>(law::survival));
static_assert(!breaks<interleaved_weighted_round_robin>(law::fairness));
static_assert(law_exceptions<smooth_weighted_round_robin>.empty() && law_exceptions<first_selector>.empty());
static_assert(!breaks<smooth_weighted_round_robin>(law::totality));

TEST_CASE("the archetypes keep to the concepts that they stand for") {
    first_selector first;
    first.assign(poise::members({0, 1, 1}));
    CHECK(first.select() == slot{1});
    first.disable(slot{1});
    CHECK(first.select() == slot{2});
    modulo_selector modulo;
    modulo.assign(poise::members({1, 1, 1}));
    CHECK(modulo.select(key_hash{7}) == slot{1});
    least_selector least;
    least.assign(poise::members({1, 1, 1}));
    CHECK(least.select([](slot where) { return 3U - static_cast<unsigned>(where); }) == slot{2});
}
