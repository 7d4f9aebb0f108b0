// SPDX-License-Identifier: MIT
// Law 6 for rings: HAProxy's choices; golden/README.md says how they were recorded.
#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/hashed.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/layouts/haproxy.hpp>

TEST_CASE("haproxy_ring chooses what HAProxy chose", "[golden]") {
    std::ifstream file(POISE_GOLDEN_DIR "/haproxy_ring.txt");
    REQUIRE(file.is_open());
    int rows = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream columns(line);
        std::string weights;
        std::string key;
        std::uint32_t expected = 0;
        std::getline(columns, weights, '\t');
        std::getline(columns, key, '\t');
        REQUIRE(columns >> expected);
        std::vector<poise::member> members;
        std::istringstream numbers(weights);
        for (std::uint32_t weight = 0; numbers >> weight;) members.push_back({members.size() + 1, weight});
        poise::haproxy_ring ring;
        ring.assign(members);
        CAPTURE(weights, key);
        CHECK(ring.select(poise::hashed(key, poise::hashes::avalanched<poise::hashes::sdbm>{})) ==
              poise::slot{expected});
        ++rows;
    }
    CHECK(rows == 55);
}
