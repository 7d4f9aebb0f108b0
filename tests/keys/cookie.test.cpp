// SPDX-License-Identifier: MIT
#include <poise/keys/cookie.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <stdexcept>
#include <utility>

#include "keys/models.hpp"
#include "keys/text.hpp"

using Catch::Matchers::Message;
using poise::keys::cookie;
using test::gives;

namespace {

constexpr cookie sid("sid");

static_assert(gives(sid, "sid=7", "7"));
static_assert(gives(sid, "a=1; sid=7; b=2", "7"));
static_assert(gives(sid, "a=1;sid=7;b=2", "7"), "without spaces");
static_assert(gives(sid, " sid = 7 \t;", "7"), "with too many");
static_assert(gives(sid, "sid=1; sid=2", "1"));
static_assert(gives(sid, "sid; sid=2", "2"), "without '=' it is not a cookie of that name");
static_assert(gives(sid, ";;sid=7", "7"));

static_assert(gives(sid, "sid=a=b", "a=b"));
static_assert(gives(sid, "sid=a,b", "a,b"));
static_assert(gives(sid, "sid=a b", "a b"));
static_assert(gives(sid, "sid=\"a\"", "\"a\""), "quotes are part of the value");
static_assert(gives(sid, "x=\"a;sid=7\"", "7\""), "and do not hide a semicolon");

static_assert(gives(sid, "", std::nullopt));
static_assert(gives(sid, ";", std::nullopt));
static_assert(gives(sid, "sid", std::nullopt));
static_assert(gives(sid, "sid=", std::nullopt), "empty");
static_assert(gives(sid, "sid= ; sid=2", std::nullopt), "the first of that name is empty");
static_assert(gives(sid, "SID=7", std::nullopt));
static_assert(gives(sid, "xsid=7", std::nullopt));
static_assert(gives(sid, "sidx=7", std::nullopt));
static_assert(gives(sid, "x=sid=7", std::nullopt));
static_assert(gives(sid, "=sid=7", std::nullopt));

static_assert(noexcept(sid(std::string_view())));

} // namespace

TEST_CASE("keys::cookie does as splitting the field does") {
    test::random_source random(1);
    int found = 0;
    for (int i = 0; i < 50'000; ++i) {
        const std::string name = test::random_text(random, {"a", "b"}, 1) + "a";
        const std::string field = test::random_text(
            random, {";", "; ", "=", "=", " ", "\t", "\r", "\n", "a", "a", "b", "ba", "\"", ",", "\xff", "a=", ";a"},
            14);
        INFO(name << " in " << field);
        const std::optional<std::string> expected = test::model::cookie(field, name);
        if (expected) ++found;
        REQUIRE(gives(cookie(name), field, expected));
    }
    CHECK(found > 3'000);
}

TEST_CASE("keys::cookie refuses an empty name") {
    CHECK_THROWS_MATCHES(cookie(""), std::invalid_argument,
                         Message("poise: keys::cookie: length of the name 0 (expected at least 1)"));
}
