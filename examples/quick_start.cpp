// SPDX-License-Identifier: MIT
// Poise in a minute: an algorithm by itself, then a pool of endpoints with fail-over.
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <poise/poise.hpp>

struct upstream {
    std::string host;
    std::uint16_t port;
};

// Stands for real work: the server at .1 is down.
static bool forward(const upstream& server) {
    return server.host != "10.0.0.1";
}

int main() {
    poise::smooth_weighted_round_robin selector;
    selector.assign(poise::members({5, 1, 1}));
    for (int i = 0; i < 7; ++i) std::cout << "abc"[static_cast<std::uint32_t>(*selector.select())] << ' ';
    std::cout << '\n';

    poise::pool<upstream, poise::smooth_weighted_round_robin> pool; // another algorithm: another second argument
    pool.add({"10.0.0.1", 8080}, 5);
    pool.add({"10.0.0.2", 8080});
    std::vector<std::uint64_t> tried; // ids: slots move when members come and go
    while (auto lease = pool.acquire(poise::except(tried))) {
        tried.push_back(lease->id());
        const bool answered = forward(**lease);
        std::cout << (*lease)->host << (answered ? " answered\n" : " failed, trying the next\n");
        lease->finish(answered ? poise::outcome::success : poise::outcome::failure);
        if (answered) break;
    }
}
