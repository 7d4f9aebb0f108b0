// SPDX-License-Identifier: MIT
// Law 6 for hashes: HAProxy's values; golden/README.md says how they were recorded.
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/crc32.hpp>
#include <poise/hashes/djb2.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/wt6.hpp>

using namespace poise::hashes;

TEST_CASE("sdbm, djb2, wt6, crc32 and avalanche give what HAProxy gives", "[golden]") {
    std::ifstream file(POISE_GOLDEN_DIR "/haproxy_hashes.txt");
    REQUIRE(file.is_open());
    int rows = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream columns(line);
        std::string key;
        std::getline(columns, key, '\t');
        std::vector<std::uint32_t> expected;
        columns >> std::hex;
        for (std::uint32_t value = 0; columns >> value;) expected.push_back(value);
        CAPTURE(key);
        CHECK(columns.eof());
        CHECK(expected == std::vector{sdbm{}(key), djb2{}(key), wt6{}(key), crc32{}(key), avalanched<sdbm>{}(key)});
        ++rows;
    }
    CHECK(rows == 12);
}
