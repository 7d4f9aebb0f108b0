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
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

#include <benchmark/benchmark.h>
#include <poise/health/health_layer.hpp>
#include <poise/member.hpp>
#include <poise/random.hpp>
#include <poise/selector.hpp>

#include "members.hpp"

namespace bench {

template <class Shared>
concept keyed_by_threads = requires(const Shared& shared) { taken(shared.select(poise::key_hash{})); };

/// What threads may ask at once: `select` is const, with a key, with a worker, or with neither.
template <class Shared>
concept asked_by_threads = keyed_by_threads<Shared> || requires(const Shared& shared) {
    taken(shared.select());
} || requires(const Shared& shared, typename Shared::worker& mine) { taken(shared.select(mine)); };

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

/// What all threads ask: 64 members of weights 1..100.
inline std::vector<poise::member> shared_members() {
    return members(64, true);
}
template <class Shared>
Shared& shared_by_threads() {
    static Shared shared = [] {
        Shared made;
        made.assign(shared_members());
        return made;
    }();
    return shared;
}

/// Each thread with keys or a worker of its own.
template <asked_by_threads Shared>
void shared_select(benchmark::State& state) {
    const Shared& shared = shared_by_threads<Shared>();
    const auto number = static_cast<std::uint64_t>(state.thread_index());
    if constexpr (poise::worker_selector<Shared>) {
        auto mine = shared.worker_of(number);
        steps(state, [&shared, &mine] { return taken(shared.select(mine)); });
    } else if constexpr (keyed_by_threads<Shared>) {
        poise::splitmix64 random(number + 1);
        steps(state, [&shared, &random] { return taken(shared.select(static_cast<poise::key_hash>(random()))); });
    } else {
        steps(state, [&shared] { return taken(shared.select()); });
    }
    if constexpr (requires { Shared::family; }) state.SetLabel(Shared::family);
}

/// A choice and its end, in a pool of the library's or of another's: `subscribe` gives each thread what it chooses by.
template <class Pool>
void pool_choice(benchmark::State& state) {
    static Pool pool = [] {
        Pool made;
        std::vector<std::pair<int, poise::member>> everyone;
        for (const poise::member& m : shared_members()) everyone.emplace_back(0, m);
        made.assign(std::move(everyone));
        return made;
    }();
    auto mine = pool.subscribe();
    steps(state, [&mine] {
        auto lease = mine.acquire();
        lease->finish(poise::outcome::success);
        return lease->id();
    });
}

/// Registers a benchmark of threads, with the numbers of members and of kinds of weights that its name has.
inline bool in_threads(const std::string& name, void (*function)(benchmark::State&)) {
    benchmark::RegisterBenchmark(("threads/" + name).c_str(), function)
        ->ArgNames({"members", "mixed"})
        ->Args({64, 1})
        ->Apply(in_all_threads);
    return true;
}
template <asked_by_threads Shared>
bool from_threads(const std::string& name) {
    return in_threads(name, shared_select<Shared>);
}

/// What threads do with a selector that they may not share: one at a time.
template <class Selector>
class under_a_mutex {
  public:
    static constexpr const char* family = "baseline";

    under_a_mutex() = default;
    under_a_mutex(under_a_mutex&& made) noexcept : selector_(std::move(made.selector_)) {}

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
