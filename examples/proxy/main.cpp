// SPDX-License-Identifier: MIT
// poise-proxy: a minimal but real HTTP/1.1 reverse proxy. A name chooses the selector; the rest is the same code.
#include <algorithm>
#include <iostream>
#include <random>
#include <string>
#include <utility>

#include <poise/poise.hpp>

#include "options.hpp"
#include "server.hpp"

namespace {

template <class Selector>
void run(const proxy::options& chosen, Selector selector = {}) {
    boost::asio::io_context context(1);
    proxy::server<Selector>(context, chosen, std::move(selector)).run();
}

void run_named(const proxy::options& chosen) {
    using proxy::algorithm;
    switch (chosen.balance.by) {
    case algorithm::smooth: return run<poise::smooth_weighted_round_robin>(chosen);
    case algorithm::lvs_wrr: return run<poise::interleaved_weighted_round_robin>(chosen);
    case algorithm::least_conn: return run<poise::least_connections>(chosen);
    case algorithm::roundrobin: return run<poise::fast_weighted_round_robin>(chosen);
    case algorithm::static_rr: return run<poise::static_round_robin>(chosen);
    case algorithm::leastconn: return run(chosen, poise::least_connections({.ties = poise::ties::fifo}));
    case algorithm::first: return run<poise::first_available>(chosen);
    case algorithm::random: return run(chosen, poise::random_draws({.seed = std::random_device{}()}));
    case algorithm::ip_hash: return run<poise::ip_hash>(chosen);
    case algorithm::map_based: return run<poise::keyed_or<poise::modulo_hash>>(chosen);
    case algorithm::consistent: return run<poise::keyed_or<poise::haproxy_ring>>(chosen);
    case algorithm::bounded:
        return run(chosen, poise::bounded_load<poise::keyed_or<poise::haproxy_ring>>(
                               {.balance_factor = chosen.balance.balance_factor}));
    }
}

// One line, whatever was on the command line.
int report(std::string what, int code) {
    std::ranges::replace_if(what, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    std::cerr << "poise-proxy: " << what << '\n';
    return code;
}

} // namespace

int main(int argc, char** argv) {
    try {
        proxy::options chosen;
        if (proxy::read_options(argc, argv, chosen)) run_named(chosen);
        return 0;
    } catch (const proxy::usage_error& e) {
        return report(e.what(), 2);
    } catch (const std::exception& e) {
        return report(e.what(), 1);
    }
}
