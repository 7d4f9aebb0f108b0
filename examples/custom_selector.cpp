// SPDX-License-Identifier: MIT
// An algorithm of your own, primary_first.hpp, in a pool. One line adds it to all tables and figures of
// `bash benchmarks/run.sh`: benchmarks/custom_selector.bench.cpp.
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <poise/pool.hpp>

#include "primary_first.hpp"

int main() {
    poise::pool<std::string, primary_first> databases;
    const auto primary = databases.add("primary");
    databases.add("stand-by");

    const std::string first = **databases.acquire();
    const std::vector<std::uint64_t> tried{primary};
    const std::string retry = **databases.acquire(poise::except(tried));
    databases.set_weight(primary, 0); // drained
    const std::string drained = **databases.acquire();

    std::cout << first << ", then " << retry << "; drained: " << drained << '\n';
    return first == "primary" && retry == "stand-by" && drained == "stand-by" ? 0 : 1;
}
