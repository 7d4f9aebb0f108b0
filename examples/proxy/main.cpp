// SPDX-License-Identifier: MIT
// poise-proxy: a minimal but real HTTP/1.1 reverse proxy. A name chooses the selector; the rest is the same code.
#include <algorithm>
#include <array>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <poise/poise.hpp>

#include "options.hpp"
#include "server.hpp"

namespace {

template <class Selector>
void run(const proxy::options& chosen) {
    boost::asio::io_context context(1);
    proxy::server<Selector>(context, chosen).run();
}

struct algorithm {
    std::string_view name;
    void (*run)(const proxy::options&);
};

constexpr std::array algorithms{
    algorithm{"smooth", run<poise::smooth_weighted_round_robin>},
    algorithm{"lvs-wrr", run<poise::interleaved_weighted_round_robin>},
};

// One line, whatever was on the command line.
int report(std::string what, int code) {
    std::ranges::replace_if(what, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    std::cerr << "poise-proxy: " << what << '\n';
    return code;
}

} // namespace

int main(int argc, char** argv) {
    try {
        std::vector<std::string> names;
        names.reserve(algorithms.size());
        for (const algorithm& a : algorithms) names.emplace_back(a.name);
        proxy::options chosen;
        if (!proxy::read_options(argc, argv, names, chosen)) return 0;
        std::ranges::find(algorithms, chosen.balance, &algorithm::name)->run(chosen);
        return 0;
    } catch (const proxy::usage_error& e) {
        return report(e.what(), 2);
    } catch (const std::exception& e) {
        return report(e.what(), 1);
    }
}
