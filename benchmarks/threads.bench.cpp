// SPDX-License-Identifier: MIT
// What threads may share, asked from several at once; beside the machine's own limits and a lock.
#include <poise/layouts/haproxy.hpp>
#include <poise/layouts/ketama.hpp>
#include <poise/selectors/first_available.hpp>
#include <poise/selectors/hash_ring.hpp>
#include <poise/selectors/least_connections.hpp>
#include <poise/selectors/loaded_draws.hpp>
#include <poise/selectors/modulo_hash.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>
#include <poise/shared/locked.hpp>
#include <poise/shared/published.hpp>
#include <poise/shared/shared_pool.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
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

// The latest of a value that seldom changes: what every choice of a shared_pool begins with; and how else it is had.
void read_published(benchmark::State& state) {
    static poise::published<std::uint64_t> value(1);
    auto mine = value.subscribe();
    bench::steps(state, [&mine] { return mine.read(); });
}
void read_by_shared_ptr(benchmark::State& state) {
    static std::mutex mutex;
    static auto value = std::make_shared<std::uint64_t>(1);
    bench::steps(state, [] {
        std::unique_lock lock(mutex);
        const std::shared_ptr<std::uint64_t> mine = value;
        lock.unlock();
        return *mine;
    });
    state.SetLabel("baseline");
}

// Two draws, the choice counted where all threads see it, and its end.
void counted_draws(benchmark::State& state) {
    struct alignas(poise::detail::cache_line) counter {
        std::atomic<std::uint64_t> open = 0;
    };
    static std::array<counter, 64> loads;
    const auto& draws = bench::shared_by_threads<poise::loaded_draws>();
    auto mine = draws.worker_of(static_cast<std::uint64_t>(state.thread_index()));
    const auto load = [](poise::slot where) {
        return loads[static_cast<std::size_t>(where)].open.load(std::memory_order_relaxed);
    };
    bench::steps(state, [&] {
        const auto chosen = static_cast<std::size_t>(*draws.select(mine, load));
        loads[chosen].open.fetch_add(1, std::memory_order_relaxed);
        loads[chosen].open.fetch_sub(1, std::memory_order_relaxed);
        return chosen;
    });
}

template <class Selector>
using pool_of = poise::shared_pool<int, Selector>;

[[maybe_unused]] const bool added =
    bench::from_threads<poise::ketama_ring>("ketama_ring") &&
    bench::from_threads<poise::haproxy_ring>("haproxy_ring") &&
    bench::from_threads<poise::modulo_hash>("modulo_hash") &&
    bench::from_threads<poise::first_available>("first_available") &&
    bench::from_threads<bench::under_a_mutex<poise::smooth_weighted_round_robin>>(
        "smooth_weighted_round_robin/mutex") &&
    bench::in_threads("loaded_draws, counted", counted_draws) && bench::in_threads("published/read", read_published) &&
    bench::in_threads("shared_ptr/read under a mutex", read_by_shared_ptr) &&
    bench::in_threads("shared_pool<ticketed>", bench::pool_choice<pool_of<poise::ticketed_weighted_round_robin>>) &&
    bench::in_threads("shared_pool<block_ticketed>",
                      bench::pool_choice<pool_of<poise::block_ticketed_weighted_round_robin>>) &&
    bench::in_threads("shared_pool<phased>", bench::pool_choice<pool_of<poise::phased_weighted_round_robin>>) &&
    bench::in_threads("shared_pool<loaded_draws>", bench::pool_choice<pool_of<poise::loaded_draws>>) &&
    bench::in_threads("shared_pool<locked<smooth>>",
                      bench::pool_choice<pool_of<poise::locked<poise::smooth_weighted_round_robin>>>) &&
    bench::in_threads("shared_pool<locked<least_connections>>",
                      bench::pool_choice<pool_of<poise::locked<poise::least_connections>>>);

} // namespace
