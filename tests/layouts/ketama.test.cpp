// SPDX-License-Identifier: MIT
#include <poise/layouts/ketama.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <poise/hashes/hashed.hpp>

using poise::ketama_id;
using poise::slot;

namespace {

/// CRC-32 bit by bit: the state after one more byte.
std::uint32_t after(std::uint32_t state, std::uint8_t byte) {
    state ^= byte;
    for (int bit = 0; bit < 8; ++bit) state = (state & 1U) != 0 ? (state >> 1U) ^ 0xedb88320U : state >> 1U;
    return state;
}

std::uint32_t after(std::uint32_t state, std::string_view text) {
    for (const char c : text) state = after(state, static_cast<std::uint8_t>(c));
    return state;
}

/// The state from which nginx derives the points of a server: from the end of its text back, digits, and then a colon.
std::uint32_t literal_base(std::string_view server) {
    std::string_view host = server;
    std::string_view port;
    std::string start(server.substr(0, 5));
    for (char& c : start) c = static_cast<char>(c | 0x20); // enough for the five letters that count
    if (start == "unix:") {
        host = server.substr(5);
    } else {
        for (std::size_t j = 0; j < server.size(); ++j) {
            const char c = server[server.size() - j - 1];
            if (c == ':') {
                host = server.substr(0, server.size() - j - 1);
                port = server.substr(server.size() - j);
                break;
            }
            if (c < '0' || c > '9') break;
        }
    }
    return after(after(after(0xffffffffU, host), 0), port);
}

std::vector<std::uint32_t> literal_points(std::string_view server, std::uint32_t weight) {
    std::vector<std::uint32_t> points;
    std::uint32_t previous = 0;
    for (std::uint32_t i = 0; i < weight * 160; ++i) {
        std::uint32_t hash = literal_base(server);
        for (unsigned shift = 0; shift < 32; shift += 8)
            hash = after(hash, static_cast<std::uint8_t>(previous >> shift));
        previous = ~hash;
        points.push_back(previous);
    }
    return points;
}

} // namespace

static_assert(ketama_id("a:1") == ketama_id("a:1") && ketama_id("a:1") != ketama_id("a:2"));
static_assert(ketama_id("a:1", 3) == (std::uint64_t{3} << 32U | ketama_id("a:1")));

TEST_CASE("ketama_id: host, zero and port as nginx cuts a server's text") {
    for (const std::string_view server : {"unix:/x",
                                          "UNIX:/x",
                                          "Unix:/run/socket:80",
                                          "unix:",
                                          "unix",
                                          "unix:80",
                                          "uni:80",
                                          "host",
                                          "host:80",
                                          "[::1]:80",
                                          "[::1]",
                                          "::1",
                                          "1234",
                                          "12:34",
                                          ":80",
                                          ":",
                                          "",
                                          "host:",
                                          "host:8x",
                                          "host:80 ",
                                          "10.0.0.1",
                                          "10.0.0.1:8080",
                                          "a:1:2",
                                          "127.0.0.1:19001",
                                          "host:123456789012345678901234567890",
                                          "Host:80"}) {
        CAPTURE(server);
        CHECK(ketama_id(server) == literal_base(server));
        CHECK(ketama_id(server, 7) == (std::uint64_t{7} << 32U | literal_base(server)));
    }
    CHECK(ketama_id("unix:/x") == ketama_id("UNIX:/x"));
    CHECK(ketama_id("unix:/x") == ketama_id("/x"));
    CHECK(ketama_id("unix:/x:80") != ketama_id("/x:80"));
    CHECK(ketama_id("host:80") != ketama_id("Host:80"));
    CHECK(ketama_id("host:") == ketama_id("host"));
    CHECK(ketama_id("1234") != ketama_id(":1234"));
    CHECK(ketama_id("host", 0xffffffffU) >> 32U == 0xffffffffU);
}

TEST_CASE("ketama_layout: a chain of CRC-32, a lighter member having the first of the points") {
    for (const std::string_view server : {"127.0.0.1:19001", "backend", "unix:/run/socket"}) {
        for (const std::uint32_t weight : {0U, 1U, 5U}) {
            std::vector<std::uint32_t> points(weight * 160, 0xdeadbeefU);
            poise::ketama_layout::place(ketama_id(server, weight), points);
            CHECK(points == literal_points(server, weight));
        }
    }
}

TEST_CASE("ketama_ring: 160 points a unit of weight") {
    poise::ketama_ring ring;
    ring.assign(poise::members({2, 0, 3}));
    CHECK(ring.positions() == 800);
}

TEST_CASE("ketama_ring chooses what a running nginx chose") {
    poise::ketama_ring ring;
    ring.assign(std::vector<poise::member>{
        {ketama_id("127.0.0.1:19001"), 5}, {ketama_id("127.0.0.1:19002"), 1}, {ketama_id("127.0.0.1:19003"), 1}});
    CHECK(ring.select(poise::hashed("user2", poise::hashes::crc32{})) == slot{1});
    CHECK(ring.select(poise::hashed("/index.html", poise::hashes::crc32{})) == slot{2});
}

TEST_CASE("ketama_ring: addresses of one name share all points, the first has the keys, the next takes over") {
    poise::ketama_ring ring;
    ring.assign(std::vector<poise::member>{
        {ketama_id("name:80", 1), 1}, {ketama_id("name:80", 0), 1}, {ketama_id("other", 2), 1}});
    poise::ketama_ring alone;
    alone.assign(std::vector<poise::member>{{ketama_id("name:80", 0), 1}, {ketama_id("other", 2), 1}});
    const auto all_but_first = [](slot where) {
        return where != slot{1};
    };
    for (std::uint64_t key = 0; key < 2000; ++key) {
        const poise::key_hash hash{key * 0x9e3779b9U};
        const bool first = alone.select(hash) == slot{0};
        REQUIRE(ring.select(hash) == (first ? slot{1} : slot{2}));
        REQUIRE(ring.select(hash, all_but_first) == (first ? slot{0} : slot{2}));
    }
}
