// SPDX-License-Identifier: MIT
// What every benchmark measures: one selection after the other, for 8 to 4096 members of equal and of mixed weights.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <poise/member.hpp>

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

/// The selector, fed as its users feed it.
template <class Selector>
void poise_select(benchmark::State& state) {
    Selector selector;
    selector.assign(members(state.range(0), state.range(1) != 0));
    for (auto _ : state) benchmark::DoNotOptimize(selector.select());
}

/// The textbook loop beside it.
template <class Loop>
void textbook_select(benchmark::State& state) {
    Loop loop(members(state.range(0), state.range(1) != 0));
    for (auto _ : state) benchmark::DoNotOptimize(loop.select());
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
