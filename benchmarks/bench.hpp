// SPDX-License-Identifier: MIT
// What every benchmark measures: one selection after the other, for 8 to 4096 members of equal and of mixed weights;
// and beside its time, what memory it takes and how well it spreads. `bench::add<selector>("name")` is all that a
// selector needs to be in every table and figure of `benchmarks/run.sh`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <poise/member.hpp>
#include <poise/random.hpp>
#include <poise/selector.hpp>

#include "allocations.hpp"
#include "support/quality.hpp"
#include "threads.hpp"

namespace bench {

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
        for (const poise::slot where : open) chooser.closed(where);
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

/// A selector whose threads each bring a worker, with that of one thread.
template <class Shared>
class one_thread {
  public:
    void assign(std::span<const poise::member> members) { shared_.assign(members); }
    std::optional<poise::slot> select() { return shared_.select(mine_); }

  private:
    Shared shared_;
    typename Shared::worker mine_ = shared_.worker_of(0);
};

/// What a benchmark takes of a selector: one whose load is an argument is asked with a load, one with workers by one.
template <class Selector>
struct asked {
    using type = Selector;
};
template <poise::load_selector Selector>
struct asked<Selector> {
    using type = counted_outside<Selector>;
};
template <poise::worker_selector Selector>
    requires(!poise::load_selector<Selector>)
struct asked<Selector> {
    using type = one_thread<Selector>;
};
template <class Selector>
using as_asked = typename asked<Selector>::type;

/// Lets go of what is kept for the benchmark before.
inline void (*let_go)() = [] {
};

/// What `make` makes, made once for all the runs by which a benchmark finds out how often it must run. `make` is of one
/// benchmark alone. What another benchmark had is gone before, for two large rings at once are too much.
template <class Make>
auto& kept(benchmark::State& state, const Make& make) {
    static std::optional<std::invoke_result_t<Make>> made;
    static std::pair<std::int64_t, std::int64_t> made_for;
    const std::pair wanted{state.range(0), state.range(1)};
    if (!made || made_for != wanted) {
        std::exchange(let_go, [] { made.reset(); })();
        made.reset();
        made.emplace(make());
        made_for = wanted;
    }
    return *made;
}

/// Something and the bytes that it keeps outside of itself.
template <class Made>
struct weighed {
    template <class Make>
    explicit weighed(const Make& make) : before(live_bytes()),
                                         made(make()),
                                         bytes(live_bytes() - before) {}

    std::int64_t before;
    Made made;
    std::int64_t bytes;
};

/// What `make` makes, kept, and the counter of its bytes for each member.
template <class Make>
auto& counted(benchmark::State& state, const Make& make) {
    auto& it = kept(state, [&make] { return weighed<std::invoke_result_t<Make>>(make); });
    state.counters["bytes_per_member"] = static_cast<double>(it.bytes) / static_cast<double>(state.range(0));
    return it.made;
}

/// What moves a turn with each choice, and neither takes a key nor counts connections.
template <class Selector>
concept takes_turns = requires(Selector& selector) { selector.select(); } && !requires(const Selector& fixed) {
    fixed.select();
} && !requires(Selector& selector) { selector.closed(poise::slot{}); };
template <class Selector>
concept goes_by_key = requires(Selector& selector) { selector.select(poise::key_hash{}); };

/// The kind of selector, which is the panel of the figures that it is in. Another form of a selector says so itself.
template <class Selector>
std::string family() {
    if constexpr (requires { Selector::family; }) {
        return Selector::family;
    } else if constexpr (goes_by_key<Selector>) {
        return "by key";
    } else if constexpr (requires(Selector& selector) { selector.closed(poise::slot{}); }) {
        return "by load";
    } else {
        return takes_turns<Selector> ? "by turns" : "in order";
    }
}

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
/// modulo_hash, whose table is exact. Another form of a selector has that one's quality.
template <class Selector>
std::map<std::string, double> quality(const std::vector<poise::member>& all) {
    constexpr std::uint64_t most = 100'000;
    let_go();
    Selector selector;
    selector.assign(all);
    const auto members = taken(selector, all);
    if constexpr (requires { Selector::family; }) {
        return {};
    } else if constexpr (goes_by_key<Selector>) {
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

/// The counters of that, found once: a benchmark runs many times until its time is known. Not at all where they are
/// known from a round before, as `benchmarks/run.sh` says by POISE_BENCH_TIMES_ONLY: they are the same in each.
template <class Selector>
void count_quality(benchmark::State& state) {
    if (std::getenv("POISE_BENCH_TIMES_ONLY") != nullptr) return;
    static std::map<std::pair<std::int64_t, std::int64_t>, std::map<std::string, double>> known;
    const auto [found, is_new] = known.try_emplace({state.range(0), state.range(1)});
    if (is_new) found->second = quality<Selector>(members(state.range(0), state.range(1) != 0));
    for (const auto& [name, value] : found->second) state.counters[name] = value;
}

/// The selector.
template <class Selector>
void poise_select(benchmark::State& state) {
    count_quality<Selector>(state); // first, so that no two large rings are there at once
    select_on(state, counted(state, [&state] {
                  Selector made;
                  made.assign(members(state.range(0), state.range(1) != 0));
                  return made;
              }));
    state.SetLabel(family<Selector>());
}

/// The selector with the member in the middle disabled: what it costs to pass one who may not be chosen.
template <class Selector>
void one_down_select(benchmark::State& state) {
    select_on(state, kept(state, [&state] {
                  Selector made;
                  made.assign(members(state.range(0), state.range(1) != 0));
                  made.disable(static_cast<poise::slot>(state.range(0) / 2));
                  return made;
              }));
}

/// The textbook loop beside it.
template <class Loop>
void textbook_select(benchmark::State& state) {
    select_on(state, counted(state, [&state] { return Loop(members(state.range(0), state.range(1) != 0)); }));
}

/// Registers a benchmark for all sizes and weights.
template <class Function>
bool in_all_sizes(const std::string& name, Function function) {
    benchmark::RegisterBenchmark(name.c_str(), function)
        ->ArgNames({"members", "mixed"})
        ->ArgsProduct({{8, 64, 512, 4096}, {0, 1}});
    return true;
}

/// Registers the selector and, under its name, the textbook's form of it.
template <class Selector, class Loop>
bool beside_textbook(const std::string& name) {
    return in_all_sizes(name, poise_select<as_asked<Selector>>) &&
           in_all_sizes(name + "/textbook", textbook_select<Loop>);
}

/// Registers the selector with one member disabled, under the name that it has there.
template <class Selector>
bool one_down(const std::string& name) {
    return in_all_sizes(name + "/one_down", one_down_select<Selector>);
}

/// Registers a selector of any kind, without a textbook beside it, and if threads may share it, from several threads.
template <class Selector>
bool add(const std::string& name) {
    if constexpr (asked_by_threads<Selector>) from_threads<Selector>(name);
    return in_all_sizes(name, poise_select<as_asked<Selector>>);
}

} // namespace bench
