// SPDX-License-Identifier: MIT
#include <poise/keys/rdp_cookie.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <array>
#include <stdexcept>
#include <string>

#include "keys/models.hpp"
#include "keys/text.hpp"

using Catch::Matchers::Message;
using poise::keys::rdp_cookie;
using test::gives;
using namespace std::literals;

namespace {

/// What a client sends first: TPKT with its length, an X.224 connection request, and `data`.
std::string connection_request(std::string_view data) {
    const auto all = static_cast<char>(11 + data.size());
    const auto behind = static_cast<char>(6 + data.size());
    return std::string("\x03\x00\x00", 3) + all + behind + std::string("\xe0\x00\x00\x00\x00\x00", 6) +
           std::string(data);
}

/// "I speak TLS and CredSSP": what stands behind the cookie.
constexpr std::string_view negotiation = "\x01\x00\x08\x00\x03\x00\x00\x00"sv;

// mstsc.exe for the user "eltons" [MS-RDPBCGR, 4.1.1]
constexpr std::string_view eltons = "\x03\x00\x00\x2c\x27\xe0\x00\x00\x00\x00\x00"
                                    "Cookie: mstshash=eltons\r\n"
                                    "\x01\x00\x08\x00\x00\x00\x00\x00"sv;
// one that a session directory sent to 130.113.252.216:15629
constexpr std::string_view directed = "\x03\x00\x00\x3b\x36\xe0\x00\x00\x00\x00\x00"
                                      "Cookie: msts=3640205228.15629.0000\r\n"
                                      "\x01\x00\x08\x00\x03\x00\x00\x00"sv;

constexpr rdp_cookie user;
constexpr rdp_cookie server("msts");

static_assert(gives(user, eltons, "eltons"));
static_assert(gives(server, directed, "3640205228.15629.0000"));
static_assert(gives(user, directed, std::nullopt));
static_assert(gives(server, eltons, std::nullopt), "a name is not the beginning of one");

constexpr bool gives_behind_headers(std::string_view data, std::optional<std::string_view> expected) {
    return gives(user, std::string(11, '\0') + std::string(data), expected);
}

} // namespace

TEST_CASE("rdp_cookie: the value is what stands between its name and the end of the line", "[keys]") {
    CHECK(gives_behind_headers("Cookie: mstshash=user\r\n", "user"));
    CHECK(gives_behind_headers("Cookie:mstshash=user\r\n", "user"));
    CHECK(gives_behind_headers("Cookie:    mstshash=user\r\n", "user"));
    CHECK(gives_behind_headers("cOOKIE: MSTSHash=User\r\n", "User"));
    CHECK(gives_behind_headers("Cookie: mstshash=a=b;c d\r\n", "a=b;c d"));
    CHECK(gives_behind_headers("Cookie: mstshash=DOMAIN\\\xc3\xa4\r\n", "DOMAIN\\\xc3\xa4"));
    CHECK(gives_behind_headers("Cookie: mstshash= \n\r\n", " \n"));
}

TEST_CASE("rdp_cookie: malformed requests and other cookies give no key", "[keys]") {
    for (const std::string_view data :
         {"", "\r\n", "Cookie", "Cookie:", "Cookie: ", "Cookie: mstshash", "Cookie: mstshash=", "Cookie: mstshash=\r\n",
          "Cookie: mstshash=user", "Cookie: mstshash=user\r", "Cookie: mstshash=user\n", "Cookie: mstshash=user\rx\n",
          "Cookie: mstshash user\r\n", "Cookie: mstshashx=user\r\n", "Cookie: xmstshash=user\r\n",
          "Cookie:\tmstshash=user\r\n", "Cookies: mstshash=user\r\n", " Cookie: mstshash=user\r\n",
          "tsv://MS Terminal Services Plugin.1.Sessions\r\n"}) {
        INFO(data);
        CHECK(gives_behind_headers(data, std::nullopt));
    }
    CHECK(gives(user, std::string_view(), std::nullopt));
    CHECK(gives(user, "Cookie: mstshash=user\r\n", std::nullopt)); // no headers before it
    CHECK(gives(user, connection_request(negotiation), std::nullopt));
}

TEST_CASE("rdp_cookie: of a packet in segments, more is wanted until its line has ended", "[keys]") {
    for (const std::string& packet : {std::string(eltons), connection_request("Cookie: mstshash=a\r\n")}) {
        const std::size_t end = packet.find("\r\n") + 2;
        for (std::size_t size = 0; size <= packet.size(); ++size) {
            INFO(size << " bytes of " << packet);
            const std::string arrived = packet.substr(0, size);
            CHECK(user.wants_more(arrived) == (size < end));
            CHECK(user(arrived).has_value() == (size >= end));
        }
    }
}

TEST_CASE("rdp_cookie: nothing more is wanted once no byte can change the answer", "[keys]") {
    CHECK(user.wants_more(connection_request("Cookie: mst")));
    CHECK_FALSE(user.wants_more(connection_request("Cookie: mxt")));
    CHECK_FALSE(user.wants_more(connection_request("Cookx")));
    CHECK_FALSE(user.wants_more(connection_request(negotiation)));
    CHECK_FALSE(user.wants_more(connection_request("Cookie: mstshash=\r\n")));
    CHECK_FALSE(user.wants_more(connection_request("Cookie: mstshash=a\rb")));
    CHECK_FALSE(user.wants_more(directed));
}

TEST_CASE("rdp_cookie is what the model gives", "[keys]") {
    test::random_source random(1);
    const std::vector<std::string_view> parts{"Cookie:", "cookie: ", "mstshash", "msts", "=",        " ",        "\r",
                                              "\n",      "\r\n",     "user",     "x",    "MSTSHASH", negotiation};
    for (int i = 0; i < 100'000; ++i) {
        std::string packet = test::random_text(random, parts, 6);
        if (random.one_in(2)) packet.insert(0, "Cookie: mstshash=");
        packet.insert(0, random.one_in(10) ? random.between(0, 12) : 11, '\3');
        const std::string name = random.one_in(2) ? "mstshash" : "msts";
        const rdp_cookie key(name);
        INFO(packet);
        const auto expected = test::model::rdp_cookie(packet, name);
        REQUIRE(gives(key, packet, expected ? std::optional<std::string_view>(*expected) : std::nullopt));
        REQUIRE(key.wants_more(packet) == test::model::rdp_cookie_is_open(packet, name));
    }
}

TEST_CASE("rdp_cookie: a name has at least one byte", "[keys]") {
    CHECK_THROWS_MATCHES(rdp_cookie(""), std::invalid_argument,
                         Message("poise: keys::rdp_cookie: length of the name 0 (expected at least 1)"));
}
