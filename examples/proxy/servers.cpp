// SPDX-License-Identifier: MIT
#include "servers.hpp"

#include <cstddef>
#include <numeric>
#include <stdexcept>

#include "addresses.hpp"

namespace proxy {

namespace {

// The order of tickets is a table of one turn for each unit of weight. Larger ones are not worth their memory.
bool has_short_period(const std::vector<server_option>& servers) {
    constexpr std::uint64_t longest = std::uint64_t{1} << 20U;
    static_assert(longest <= poise::ticketed_weighted_round_robin::max_positions);
    std::uint64_t sum = 0;
    std::uint32_t divisor = 0;
    for (const server_option& s : servers) {
        sum += s.weight;
        divisor = std::gcd(divisor, s.weight);
    }
    return divisor == 0 || sum / divisor <= longest;
}

} // namespace

servers::servers(const options& chosen)
    : pool_(std::in_place_type<locked_pool>, poise::locked<poise::any_selector>(chosen.balance.selector)) {
    if (chosen.threads > 1 && chosen.is_smooth && has_short_period(chosen.servers)) pool_.emplace<ticketed_pool>();
    const auto add_all = [&chosen](auto& draft) {
        std::size_t place = 0;
        for (const server_option& s : chosen.servers) {
            upstream one(s.at.text(), resolve("--server", s.at));
            const std::uint64_t id = id_of(chosen.balance, one.name(), one.address(), place++);
            draft.add(std::move(one), {.id = id, .weight = s.weight});
        }
    };
    try {
        std::visit([&](auto& pool) { pool.change(add_all); }, pool_);
    } catch (const std::invalid_argument& e) {
        throw usage_error(std::string("--server: ") + e.what());
    }
}

servers::handle servers::subscribe() const {
    return std::visit([](const auto& pool) { return handle(pool.subscribe()); }, pool_);
}

std::optional<poise::lease<upstream>> servers::handle::acquire(const std::optional<poise::key_hash>& key,
                                                               const poise::except& tried) {
    const auto ask = [&](auto& by) {
        if constexpr (requires { by.acquire(*key, tried); }) {
            if (key) return by.acquire(*key, tried);
        }
        return by.acquire(tried);
    };
    return std::visit(ask, way_);
}

void servers::advance(std::chrono::seconds now) {
    const auto tell = [now](auto& pool) {
        if constexpr (requires { pool.advance(now); }) pool.advance(now);
    };
    std::visit(tell, pool_);
}

} // namespace proxy
