// SPDX-License-Identifier: MIT
// poise-proxy: a minimal but real HTTP/1.1 reverse proxy. A name chooses the selector; the rest is the same code.
#include <algorithm>
#include <iostream>
#include <string>

#include <poise/poise.hpp>

#include "options.hpp"
#include "server.hpp"

namespace {

template <class Selector>
void run(const proxy::options& chosen) {
    boost::asio::io_context context(1);
    proxy::server<Selector>(context, chosen).run();
}

void run(const proxy::options& chosen) {
    switch (chosen.balance.by) {
    case proxy::algorithm::smooth: run<poise::smooth_weighted_round_robin>(chosen); break;
    case proxy::algorithm::lvs_wrr: run<poise::interleaved_weighted_round_robin>(chosen); break;
    case proxy::algorithm::leastconn: run<poise::least_connections>(chosen); break;
    case proxy::algorithm::map_based: run<poise::keyed_or<poise::modulo_hash>>(chosen); break;
    case proxy::algorithm::consistent: run<poise::keyed_or<poise::haproxy_ring>>(chosen); break;
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
        if (proxy::read_options(argc, argv, chosen)) run(chosen);
        return 0;
    } catch (const proxy::usage_error& e) {
        return report(e.what(), 2);
    } catch (const std::exception& e) {
        return report(e.what(), 1);
    }
}
