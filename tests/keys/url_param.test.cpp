// SPDX-License-Identifier: MIT
#include <poise/keys/url_param.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <stdexcept>
#include <utility>

#include "keys/models.hpp"
#include "keys/text.hpp"

using Catch::Matchers::Message;
using poise::keys::url_param;
using test::gives;

namespace {

constexpr url_param id("id");

static_assert(gives(id, "/?id=7", "7"));
static_assert(gives(id, "/?id=7&x=8", "7"));
static_assert(gives(id, "/?x=8&id=7", "7"));
static_assert(gives(id, "/?id=1&id=2", "1"));
static_assert(gives(id, "?id=7", "7"));

static_assert(gives(id, "/?id=", ""), "empty, but there: HAProxy hashes it");
static_assert(gives(id, "/?id=&x=8", ""));
static_assert(gives(id, "/?&&id=7", "7"));

static_assert(gives(id, "/?id=a%20b=c?d#e", "a%20b=c?d#e"), "as it stands there");
static_assert(gives(id, "/?id==", "="));

static_assert(gives(id, "", std::nullopt));
static_assert(gives(id, "/", std::nullopt));
static_assert(gives(id, "/?", std::nullopt));
static_assert(gives(id, "/?i", std::nullopt));
static_assert(gives(id, "/?id", std::nullopt));
static_assert(gives(id, "/?id&x", std::nullopt));
static_assert(gives(id, "/id=7", std::nullopt), "not in the query");
static_assert(gives(id, "/&id=7?x", std::nullopt), "not in the query");
static_assert(gives(id, "/?xid=7", std::nullopt));
static_assert(gives(id, "/?idx=7", std::nullopt));
static_assert(gives(id, "/?ID=7", std::nullopt));
static_assert(gives(id, "/?%69d=7", std::nullopt));
static_assert(gives(id, "/?x?id=7", std::nullopt), "the second question mark is part of a name");
static_assert(gives(id, "/?x;id=7", std::nullopt), "a semicolon separates nothing");

static_assert(noexcept(id(std::string_view())));

} // namespace

TEST_CASE("keys::url_param does as splitting the query does") {
    test::random_source random(1);
    int found = 0;
    for (int i = 0; i < 50'000; ++i) {
        const std::string name = test::random_text(random, {"a", "b"}, 1) + "a";
        const std::string target =
            test::random_text(random, {"a", "b", "/"}, 3) + "?" +
            test::random_text(random, {"&", "&", "=", "=", "a", "a", "b", "ba", "?", "%", "\xff", "&a=", "a&"}, 12);
        INFO(name << " in " << target);
        const std::optional<std::string> expected = test::model::url_param(target, name);
        if (expected) ++found;
        REQUIRE(gives(url_param(name), target, expected));
    }
    CHECK(found > 9'000);
}

TEST_CASE("keys::url_param refuses an empty name") {
    CHECK_THROWS_MATCHES(url_param(""), std::invalid_argument,
                         Message("poise: keys::url_param: length of the name 0 (expected at least 1)"));
}
