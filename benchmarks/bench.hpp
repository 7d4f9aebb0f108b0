// SPDX-License-Identifier: MIT
// What every benchmark measures: one selection after the other, for 8 to 4096 members of equal and of mixed weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <poise/member.hpp>
#include <poise/random.hpp>

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

/// What is fed as its users feed it: by itself, by keys without pattern, or with as many connections open as there are
/// members, of which a random one ends with each that begins.
template <class Chooser>
void select_on(benchmark::State& state, Chooser& chooser) {
    poise::splitmix64 random(1);
    if constexpr (requires { chooser.select(poise::key_hash{}); }) {
        for (auto _ : state) benchmark::DoNotOptimize(chooser.select(static_cast<poise::key_hash>(random())));
    } else if constexpr (requires(poise::slot where) { chooser.closed(where); }) {
        std::vector<poise::slot> open(static_cast<std::size_t>(state.range(0)));
        const auto open_one = [&](poise::slot& where) {
            where = static_cast<poise::slot>(*chooser.select());
            chooser.opened(where);
        };
        for (poise::slot& where : open) open_one(where);
        for (auto _ : state) {
            poise::slot& ends = open[random() % open.size()];
            chooser.closed(ends);
            open_one(ends);
        }
    } else {
        for (auto _ : state) benchmark::DoNotOptimize(chooser.select());
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

/// The selector.
template <class Selector>
void poise_select(benchmark::State& state) {
    Selector selector;
    selector.assign(members(state.range(0), state.range(1) != 0));
    select_on(state, selector);
}

/// The textbook loop beside it.
template <class Loop>
void textbook_select(benchmark::State& state) {
    Loop loop(members(state.range(0), state.range(1) != 0));
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

} // namespace bench
