// SPDX-License-Identifier: MIT
// poise-proxy: a minimal but real HTTP/1.1 reverse proxy. A name chooses the selector.
#include <algorithm>
#include <iostream>
#include <string>

#include "options.hpp"
#include "server.hpp"

namespace {

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
        if (!proxy::read_options(argc, argv, chosen)) return 0;
        proxy::server(chosen).run();
        return 0;
    } catch (const proxy::usage_error& e) {
        return report(e.what(), 2);
    } catch (const std::exception& e) {
        return report(e.what(), 1);
    }
}
