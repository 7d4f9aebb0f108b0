// SPDX-License-Identifier: MIT
// Steady, and disturbed: an event and the 1,000 selections from it on, beside 1,000 of the loop.
#include <poise/selectors/smooth_weighted_round_robin.hpp>

#include <array>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

using selector = poise::smooth_weighted_round_robin;

constexpr int selections = 1000;

template <class Event>
void disturbed(benchmark::State& state, Event event) {
    std::vector<poise::member> members = bench::members(state.range(0), state.range(1) != 0);
    selector s;
    s.assign(members);
    std::size_t turn = 0;
    for (auto _ : state) {
        event(s, members, turn++ % members.size());
        for (int i = 1; i < selections; ++i) benchmark::DoNotOptimize(s.select());
    }
}

void failure(selector& s, std::span<poise::member>, std::size_t i) {
    s.failed(static_cast<poise::slot>(i));
    benchmark::DoNotOptimize(s.select());
}
void reweighting(selector& s, std::span<poise::member> members, std::size_t i) {
    members[i].weight = members[i].weight % 2 == 0 ? members[i].weight - 1 : members[i].weight + 1;
    s.assign(members);
    benchmark::DoNotOptimize(s.select());
}
void disabling(selector& s, std::span<poise::member> members, std::size_t i) {
    s.enable(static_cast<poise::slot>((i == 0 ? members.size() : i) - 1));
    s.disable(static_cast<poise::slot>(i));
    benchmark::DoNotOptimize(s.select());
}
void exception(selector& s, std::span<poise::member> members, std::size_t i) {
    const std::array rejected{members[i].id};
    benchmark::DoNotOptimize(s.select(poise::except(rejected)));
}

void textbook_thousand(benchmark::State& state) {
    textbook::smooth loop(bench::members(state.range(0), state.range(1) != 0));
    for (auto _ : state) {
        for (int i = 0; i < selections; ++i) benchmark::DoNotOptimize(loop.select());
    }
}

template <class Event>
bool after(const std::string& name, Event event) {
    const auto sizes = [](benchmark::internal::Benchmark* b) {
        b->ArgNames({"members", "mixed"})->ArgsProduct({{8, 64, 512, 4096}, {0, 1}});
    };
    sizes(benchmark::RegisterBenchmark(name.c_str(), [event](benchmark::State& state) { disturbed(state, event); }));
    sizes(benchmark::RegisterBenchmark((name + "/textbook").c_str(), textbook_thousand));
    return true;
}

[[maybe_unused]] const bool added = bench::beside_textbook<selector, textbook::smooth>("smooth_weighted_round_robin") &&
                                    after("smooth_after_failure", failure) &&
                                    after("smooth_after_reweighting", reweighting) &&
                                    after("smooth_after_disable", disabling) && after("smooth_after_except", exception);

} // namespace
