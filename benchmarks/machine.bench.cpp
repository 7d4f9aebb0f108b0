// SPDX-License-Identifier: MIT
// What the machine itself takes: a load that waits for the one before it, and an addition to a number that no other
// thread wants. Times of two machines, or of one under another's load, compare by these.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <poise/random.hpp>

namespace {

struct link {
    const link* next;
};

/// One cycle through 16 KiB, half of a first-level cache, in an order without pattern: Sattolo's shuffle.
std::vector<link> chain() {
    constexpr std::size_t size = 16 * 1024 / sizeof(link);
    std::vector<std::size_t> next(size);
    std::iota(next.begin(), next.end(), std::size_t{0});
    poise::splitmix64 random(1);
    for (std::size_t i = size - 1; i > 0; --i) std::swap(next[i], next[static_cast<std::size_t>(random() % i)]);
    std::vector<link> links(size);
    for (std::size_t i = 0; i < size; ++i) links[i].next = &links[next[i]];
    return links;
}

void load_chain(benchmark::State& state) {
    const std::vector<link> links = chain();
    const link* here = links.data();
    for (auto _ : state) here = here->next;
    benchmark::DoNotOptimize(here);
}
BENCHMARK(load_chain)->Name("machine/load_chain");

void fetch_add(benchmark::State& state) {
    std::atomic<std::uint64_t> number = 0;
    for (auto _ : state) benchmark::DoNotOptimize(number.fetch_add(1));
}
BENCHMARK(fetch_add)->Name("machine/fetch_add");

} // namespace
