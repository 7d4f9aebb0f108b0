// SPDX-License-Identifier: MIT
// What every benchmark measures: one selection after the other, for 8 to 4096 members of equal and of mixed weights;
// and beside its time, what memory it takes and how well it spreads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <poise/member.hpp>
#include <poise/random.hpp>

#include "allocations.hpp"
#include "support/quality.hpp"

namespace bench {

/// `count` members; weight 1 each, or 1..100 in an order without pattern, the same in every run.
inline std::vector<poise::member> members(std::int64_t count, bool mixed) {
    std::vector<poise::member> result;
    std::uint64_t state = 1;
    for (std::int64_t i = 0; i < count; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const auto weight = mixed ? static_cast<std::uint32_t>((state >> 33U) % 100 + 1) : 1U;
        result.push_back({.id = static_cast<std::uint64_t>(i), .weight = weight});
    }
    return result;
}

/// A choice as its user takes it: g++ 12 would else put an optional into memory for the benchmark's sake.
inline std::uint64_t taken(std::optional<poise::slot> choice) {
    return choice ? static_cast<std::uint64_t>(*choice) : ~std::uint64_t{0};
}
inline std::uint64_t taken(std::size_t choice) {
    return choice;
}

/// What is fed as its users feed it: by itself, by keys without pattern, or with as many connections open as there are
/// members, of which a random one ends with each that begins.
template <class Chooser>
void select_on(benchmark::State& state, Chooser& chooser) {
    poise::splitmix64 random(1);
    if constexpr (requires { chooser.select(poise::key_hash{}); }) {
        for (auto _ : state) benchmark::DoNotOptimize(taken(chooser.select(static_cast<poise::key_hash>(random()))));
    } else if constexpr (requires(poise::slot where) { chooser.closed(where); }) {
        std::vector<poise::slot> open(static_cast<std::size_t>(state.range(0)));
        const auto open_one = [&](poise::slot& where) {
            where = static_cast<poise::slot>(*chooser.select());
            chooser.opened(where);
        };
        for (poise::slot& where : open) open_one(where);
        for (auto _ : state) {
            poise::slot& ends = open[(random() >> 32U) * open.size() >> 32U];
            chooser.closed(ends);
            open_one(ends);
        }
    } else {
        for (auto _ : state) benchmark::DoNotOptimize(taken(chooser.select()));
    }
}

/// A load selector whose load is counted outside, as a pool counts what is in flight.
template <class Selector>
class counted_outside {
  public:
    void assign(std::span<const poise::member> members) {
        selector_.assign(members);
        loads_.resize(members.size());
    }
    std::optional<poise::slot> select() {
        return selector_.select([this](poise::slot where) { return loads_[static_cast<std::size_t>(where)]; });
    }
    void opened(poise::slot where) { ++loads_[static_cast<std::size_t>(where)]; }
    void closed(poise::slot where) { --loads_[static_cast<std::size_t>(where)]; }

  private:
    Selector selector_;
    std::vector<std::uint64_t> loads_;
};

/// What `make` makes, and the counter of the bytes that it keeps outside of itself, for each of so many members.
template <class Make>
auto counted(benchmark::State& state, std::size_t members, const Make& make) {
    const std::int64_t before = live_bytes();
    auto made = make();
    state.counters["bytes_per_member"] = static_cast<double>(live_bytes() - before) / static_cast<double>(members);
    return made;
}

/// What moves a turn with each choice, and neither takes a key nor counts connections.
template <class Selector>
concept takes_turns = requires(Selector& selector) { selector.select(); } && !requires(const Selector& fixed) {
    fixed.select();
} && !requires(Selector& selector) { selector.closed(poise::slot{}); };
template <class Selector>
concept goes_by_key = requires(Selector& selector) { selector.select(poise::key_hash{}); };

/// Those of `all` whom the selector has: one takes fewer than 4096.
template <class Selector>
std::vector<poise::member> taken(const Selector& selector, const std::vector<poise::member>& all) {
    if constexpr (requires { selector.members(); }) {
        return {selector.members().begin(), selector.members().end()};
    } else {
        return all;
    }
}

/// `longest_run` and `deviation` over a round, or its first 100,000 choices; `peak` and `moved` over 100,000 keys, of
/// which a member in the middle leaves. Where there are few keys a member, chance has a part in the peak: the one of
/// modulo_hash, whose table is exact.
template <class Selector>
std::map<std::string, double> quality(const std::vector<poise::member>& all) {
    constexpr std::uint64_t most = 100'000;
    Selector selector;
    selector.assign(all);
    const auto members = taken(selector, all);
    if constexpr (goes_by_key<Selector>) {
        const auto before = test::owners_of_keys(selector, members, most);
        const auto fewer = test::without_middle(members);
        selector.assign(fewer);
        const auto after = test::owners_of_keys(selector, fewer, most);
        return {{"peak", test::peak_of(before, members)},
                {"moved", test::moved_share(before, after, members[members.size() / 2].id)}};
    } else if constexpr (takes_turns<Selector>) {
        const auto spread = test::spread_of(selector, members, std::min(most, test::round_length(members)));
        return {{"longest_run", static_cast<double>(spread.longest_run)}, {"deviation", spread.deviation()}};
    }
    return {};
}

/// The counters of that, found once: a benchmark runs many times until its time is known.
template <class Selector>
void count_quality(benchmark::State& state) {
    static std::map<std::pair<std::int64_t, std::int64_t>, std::map<std::string, double>> known;
    const auto [found, is_new] = known.try_emplace({state.range(0), state.range(1)});
    if (is_new) found->second = quality<Selector>(members(state.range(0), state.range(1) != 0));
    for (const auto& [name, value] : found->second) state.counters[name] = value;
}

/// The selector.
template <class Selector>
void poise_select(benchmark::State& state) {
    count_quality<Selector>(state); // first, so that no two large rings are there at once
    const auto all = members(state.range(0), state.range(1) != 0);
    Selector selector = counted(state, all.size(), [&all] {
        Selector made;
        made.assign(all);
        return made;
    });
    select_on(state, selector);
}

/// The selector with the member in the middle disabled: what it costs to pass one who may not be chosen.
template <class Selector>
void one_down_select(benchmark::State& state) {
    Selector selector;
    selector.assign(members(state.range(0), state.range(1) != 0));
    selector.disable(static_cast<poise::slot>(state.range(0) / 2));
    select_on(state, selector);
}

/// The textbook loop beside it.
template <class Loop>
void textbook_select(benchmark::State& state) {
    const auto all = members(state.range(0), state.range(1) != 0);
    Loop loop = counted(state, all.size(), [&all] { return Loop(all); });
    select_on(state, loop);
}

/// Registers both, under the selector's name, for all sizes and weights.
template <class Selector, class Loop>
bool beside_textbook(const std::string& name) {
    for (auto* b : {benchmark::RegisterBenchmark(name.c_str(), poise_select<Selector>),
                    benchmark::RegisterBenchmark((name + "/textbook").c_str(), textbook_select<Loop>)}) {
        b->ArgNames({"members", "mixed"})->ArgsProduct({{8, 64, 512, 4096}, {0, 1}});
    }
    return true;
}

/// Registers the selector with one member disabled for the same sizes and weights, under the name that it has there.
template <class Selector>
bool one_down(const std::string& name) {
    benchmark::RegisterBenchmark((name + "/one_down").c_str(), one_down_select<Selector>)
        ->ArgNames({"members", "mixed"})
        ->ArgsProduct({{8, 64, 512, 4096}, {0, 1}});
    return true;
}

} // namespace bench
