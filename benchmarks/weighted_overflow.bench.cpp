// SPDX-License-Identifier: MIT
#include <poise/selectors/weighted_overflow.hpp>

#include "bench.hpp"

namespace {

/// One request at a time, so the heaviest has room.
void select(benchmark::State& state) {
    poise::weighted_overflow selector;
    selector.assign(bench::members(state.range(0), true));
    for (auto _ : state) benchmark::DoNotOptimize(selector.select([](poise::slot) { return 0U; }));
}
BENCHMARK(select)->Name("weighted_overflow")->ArgName("members")->Arg(8)->Arg(4096);

} // namespace
