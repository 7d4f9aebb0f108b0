// SPDX-License-Identifier: MIT
#include <poise/member.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

using poise::endpoint_id;

// Computed by a Python program written from RFC 9923. Ids are in people's configurations and state: a change of one is a
// major version.
static_assert(endpoint_id("", 0) == 0xd94d12186c0f2fb7U);
static_assert(endpoint_id("127.0.0.1", 80) == 0xddcff6824f070d5aU);
static_assert(endpoint_id("127.0.0.1", 8080) == 0xdd8838824ec9c7ddU);
static_assert(endpoint_id("127.0.0.2", 8080) == 0x3dcad879f8c83a8eU);
static_assert(endpoint_id("::1", 443) == 0xf50add9ede490c4cU);
static_assert(endpoint_id("example.com", 65535) == 0x975e6276d1aef9b8U);
static_assert(endpoint_id("B\xc3\xbc"
                          "cher.example",
                          256) == 0x75a31906a9f79817U,
              "bytes above 127 are not negative");

TEST_CASE("endpoint_id is the same at run time") {
    const std::string host = "127.0.0.1";
    CHECK(endpoint_id(host, 8080) == 0xdd8838824ec9c7ddU);
}

TEST_CASE("endpoint_id differs for every host and port, also where one ends as the other begins") {
    using namespace std::string_view_literals;
    std::set<std::uint64_t> ids;
    std::size_t endpoints = 0;
    for (const std::string_view host :
         {""sv, "a"sv, "A"sv, "b"sv, "aa"sv, "a\0"sv, "\0a"sv, "a1"sv, "10.0.0.1"sv, "10.0.0.11"sv}) {
        for (const unsigned port : {0U, 1U, 10U, 255U, 256U, 257U, 8080U, 65535U}) {
            ids.insert(endpoint_id(host, static_cast<std::uint16_t>(port)));
            ++endpoints;
        }
    }
    for (unsigned low = 0; low < 10'000; ++low) {
        ids.insert(endpoint_id("10.1." + std::to_string(low / 256) + "." + std::to_string(low % 256), 80));
        ++endpoints;
    }
    CHECK(ids.size() == endpoints);
}
