// SPDX-License-Identifier: MIT
// The same selector asked from several threads at once: `bench::from_threads<selector>("name")` is one line, and one
// line more in the figure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

#ifdef __linux__
#include <sched.h>
#endif

#include <benchmark/benchmark.h>
#include <poise/member.hpp>
#include <poise/random.hpp>

#include "members.hpp"

namespace bench {

template <class Shared>
concept keyed_by_threads = requires(const Shared& shared) { taken(shared.select(poise::key_hash{})); };

/// What threads may ask at once: `select` is const, with a key or without.
template <class Shared>
concept asked_by_threads = keyed_by_threads<Shared> || requires(const Shared& shared) { taken(shared.select()); };

/// 1, 2, 4, ... threads, as many as can run at once.
inline void in_all_threads(benchmark::internal::Benchmark* benchmark) {
    benchmark->UseRealTime()->ThreadRange(1, static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
}

/// While it lives, this thread stays on the core of its number among those that the process may use: a scheduler that
/// left two threads on one core would else be what is measured.
class on_a_core_of_its_own {
  public:
#ifdef __linux__
    explicit on_a_core_of_its_own(int number) {
        sched_getaffinity(0, sizeof before_, &before_);
        for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
            if (!CPU_ISSET(core, &before_) || number-- != 0) continue;
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(core, &one);
            sched_setaffinity(0, sizeof one, &one);
        }
    }
    ~on_a_core_of_its_own() { sched_setaffinity(0, sizeof before_, &before_); }
    on_a_core_of_its_own(const on_a_core_of_its_own&) = delete;
    on_a_core_of_its_own& operator=(const on_a_core_of_its_own&) = delete;

  private:
    cpu_set_t before_;
#else
    explicit on_a_core_of_its_own(int) {}
#endif
};

/// One step after the other in this thread; `items_per_second` is of all threads together.
template <class Step>
void steps(benchmark::State& state, Step step) {
    const on_a_core_of_its_own core(state.thread_index());
    for (auto _ : state) benchmark::DoNotOptimize(step());
    state.SetItemsProcessed(state.iterations());
}

/// Each thread with keys of its own. What is shared is made by the first before any of them begins.
template <asked_by_threads Shared>
void shared_select(benchmark::State& state) {
    static std::optional<Shared> shared;
    if (state.thread_index() == 0) shared.emplace().assign(members(state.range(0), state.range(1) != 0));
    poise::splitmix64 random(static_cast<std::uint64_t>(state.thread_index()) + 1);
    if constexpr (keyed_by_threads<Shared>) {
        steps(state,
              [&random] { return taken(std::as_const(*shared).select(static_cast<poise::key_hash>(random()))); });
    } else {
        steps(state, [] { return taken(std::as_const(*shared).select()); });
    }
    if constexpr (requires { Shared::family; }) state.SetLabel(Shared::family);
}

/// Registers it for 64 members.
template <asked_by_threads Shared>
bool from_threads(const std::string& name) {
    benchmark::RegisterBenchmark(("threads/" + name).c_str(), shared_select<Shared>)
        ->ArgNames({"members", "mixed"})
        ->Args({64, 1})
        ->Apply(in_all_threads);
    return true;
}

/// What threads do with a selector that they may not share: one at a time.
template <class Selector>
class under_a_mutex {
  public:
    static constexpr const char* family = "baseline";

    void assign(std::span<const poise::member> members) { selector_.assign(members); }
    std::optional<poise::slot> select() const {
        const std::lock_guard lock(mutex_);
        return selector_.select();
    }

  private:
    mutable std::mutex mutex_;
    mutable Selector selector_;
};

} // namespace bench
