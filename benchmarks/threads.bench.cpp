// SPDX-License-Identifier: MIT
// What threads may share, asked from several at once; beside the machine's own limits and a lock.
#include <poise/layouts/haproxy.hpp>
#include <poise/layouts/ketama.hpp>
#include <poise/selectors/first_available.hpp>
#include <poise/selectors/hash_ring.hpp>
#include <poise/selectors/modulo_hash.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

#include <benchmark/benchmark.h>

#include "threads.hpp"

namespace {

void contended_fetch_add(benchmark::State& state) {
    static std::atomic<std::uint64_t> number = 0;
    bench::steps(state, [] { return number.fetch_add(1); });
}
BENCHMARK(contended_fetch_add)->Name("machine/fetch_add/contended")->Apply(bench::in_all_threads);

void contended_mutex(benchmark::State& state) {
    static std::mutex mutex;
    static std::uint64_t number = 0;
    bench::steps(state, [] {
        const std::lock_guard lock(mutex);
        return ++number;
    });
}
BENCHMARK(contended_mutex)->Name("machine/mutex/contended")->Apply(bench::in_all_threads);

[[maybe_unused]] const bool added =
    bench::from_threads<poise::ketama_ring>("ketama_ring") &&
    bench::from_threads<poise::haproxy_ring>("haproxy_ring") &&
    bench::from_threads<poise::modulo_hash>("modulo_hash") &&
    bench::from_threads<poise::first_available>("first_available") &&
    bench::from_threads<bench::under_a_mutex<poise::smooth_weighted_round_robin>>("smooth_weighted_round_robin/mutex");

} // namespace
