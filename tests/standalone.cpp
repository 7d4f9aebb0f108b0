// SPDX-License-Identifier: MIT
// The library without exceptions, run-time types and a test framework. Arguments `bad` and `misspelt`: a
// mistake, which ends it.
#include <poise/poise.hpp>
#ifdef POISE_ERASURE_HPP
#error "poise.hpp must not include all selectors behind one type: that costs everybody's compile time"
#endif
#include <poise/any_selector.hpp>

#include <cstdio>
#include <string_view>
#include <vector>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "compile with -fno-exceptions -fno-rtti"
#endif

namespace {

int failures = 0;

void check(bool holds, const char* what) {
    if (holds) return;
    std::printf("failed: %s\n", what);
    ++failures;
}

template <class Selector>
void selects(const char* name) {
    Selector selector;
    selector.assign(poise::members({5, 1, 0, 1}));
    const std::uint64_t tried[] = {0, 1};
    check(selector.select() == poise::slot{0}, name);
    check(selector.select(poise::except(tried)) == poise::slot{3}, name);
    check(!selector.select([](poise::slot where) { return where == poise::slot{2}; }), name);
    selector.disable(poise::slot{0});
    check(selector.select() != poise::slot{0}, name);
    selector.enable(poise::slot{0});
    selector.reset();
    check(selector.select() == poise::slot{0}, name);
}

void pools() {
    poise::pool<int, poise::smooth_weighted_round_robin> pool;
    pool.add(100, 5);
    pool.change([](auto& draft) {
        draft.add(101);
        draft.add(102, poise::member{.id = poise::endpoint_id("127.0.0.1", 80), .weight = 1});
    });
    std::vector<std::uint64_t> tried;
    while (auto lease = pool.acquire(poise::except(tried))) {
        tried.push_back(lease->id());
        check(pool.in_flight(lease->id()) == 1, "in flight");
        lease->finish(poise::outcome::failure);
    }
    check(tried.size() == 3, "everybody tried once");
    auto lease = pool.acquire();
    pool.remove(lease->id());
    check(**lease >= 100, "the lease outlives its member");
    auto moved = std::move(pool);
    check(moved.size() == 2, "two are left");
}

void by_name() {
    poise::any_selector selector = poise::make("nginx/round_robin").selector;
    selector.assign(poise::members({5, 1, 1}));
    check(selector.select() == poise::slot{0}, "by name");
    check(!(selector == poise::any_selector(poise::round_robin())), "of another type");
    check(poise::make("haproxy/uri").key({.target = "/a"}).has_value(), "a key");
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "bad") {
        poise::smooth_weighted_round_robin selector;
        const std::vector<poise::member> twins{{7, 1}, {1, 1}, {7, 2}};
        selector.assign(twins);
        std::puts("not reached");
        return 0;
    }
    if (argc > 1 && std::string_view(argv[1]) == "misspelt") {
        static_cast<void>(poise::make("nginx/least_con"));
        std::puts("not reached");
        return 0;
    }
    selects<poise::round_robin>("round_robin");
    selects<poise::smooth_weighted_round_robin>("smooth_weighted_round_robin");
    selects<poise::interleaved_weighted_round_robin>("interleaved_weighted_round_robin");
    pools();
    by_name();
    return failures == 0 ? 0 : 1;
}
