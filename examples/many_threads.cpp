// SPDX-License-Identifier: MIT
// One pool for many threads: each has a handle, and all together keep the exact shares, while a member leaves and one comes.
#include <atomic>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <poise/shared/shared_pool.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

struct server {
    std::string name;
    std::atomic<std::uint64_t> requests = 0;

    explicit server(std::string called) : name(std::move(called)) {}
    server(server&& other) noexcept : name(std::move(other.name)) {}
};

int main() {
    poise::shared_pool<server, poise::ticketed_weighted_round_robin> pool;
    const std::uint64_t a = pool.add(server("a"), 5);
    pool.add(server("b"));
    const std::uint64_t c = pool.add(server("c"));

    const auto serve = [&pool](int requests) {
        auto mine = pool.subscribe(); // one for each thread
        for (int i = 0; i < requests; ++i) {
            if (auto lease = mine.acquire()) ++(*lease)->requests; // forgotten, the lease ends by itself
        }
    };
    const auto serve_from_threads = [&serve] {
        std::vector<std::thread> threads;
        threads.reserve(4);
        for (int i = 0; i < 4; ++i) threads.emplace_back(serve, 700);
        for (std::thread& thread : threads) thread.join();
    };

    serve_from_threads();
    auto mine = pool.subscribe();
    std::cout << "a " << mine.find(a)->get().requests << " of 2800\n"; // 5 of 7

    std::thread operations([&pool, c] { // while others choose
        pool.set_weight(c, 3);
        pool.remove(c);
        pool.add(server("d"));
    });
    serve_from_threads();
    operations.join();
    for (const poise::member& m : mine.members()) {
        std::cout << mine.find(m.id)->get().name << " has weight " << m.weight << ", in flight " << pool.in_flight(m.id)
                  << '\n';
    }
}
