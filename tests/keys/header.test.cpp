// SPDX-License-Identifier: MIT
#include <poise/keys/header.hpp>

#include <catch2/catch_test_macros.hpp>

#include <utility>

#include "keys/models.hpp"
#include "keys/text.hpp"

using poise::keys::header;
using test::gives;

namespace {

constexpr header plain;
static_assert(gives(plain, "a", "a"));
static_assert(gives(plain, " \t a b\r\n", "a b"));
static_assert(gives(plain, "a , b", "a"));
static_assert(gives(plain, "a,", "a"));
static_assert(gives(plain, "haproxy.1wt.eu", "haproxy.1wt.eu"));

static_assert(gives(plain, "\"a,b\" , c", "\"a,b\""), "a comma inside quotes");
static_assert(gives(plain, "x\"a,b\"y,c", "x\"a,b\"y"));
static_assert(gives(plain, "\"a\\\",b\",c", "\"a\\\",b\""), "a quote behind a backslash");
static_assert(gives(plain, "\"a\\\\\",b", "\"a\\\\\""), "a backslash behind a backslash");
static_assert(gives(plain, "a\\,b", "a\\"), "a backslash outside of quotes");
static_assert(gives(plain, "a\\\"b,c\",d", "a\\\"b,c\""), "a quote behind a backslash outside of quotes");
static_assert(gives(plain, "\"a,b", "\"a,b"), "quotes that do not end");
static_assert(gives(plain, "\"a\\", "\"a\\"));

static_assert(gives(plain, "", std::nullopt));
static_assert(gives(plain, " \t", std::nullopt));
static_assert(gives(plain, ", b", std::nullopt), "the first value is empty");
static_assert(gives(plain, " ,b", std::nullopt));

constexpr header domain({.use_domain_only = true});
static_assert(gives(domain, "haproxy.1wt.eu", "1wt"));
static_assert(gives(domain, "example.com", "example"));
static_assert(gives(domain, "a.b", "a"));
static_assert(gives(domain, "www.example.com:8080", "example"));
static_assert(gives(domain, "example.com:8080", "example"));
static_assert(gives(domain, " a.b , c.d", "a"));
static_assert(gives(domain, "10.0.0.1", "0"), "HAProxy does not know addresses from names");

static_assert(gives(domain, "localhost", "localhost"));
static_assert(gives(domain, "localhost:8080", "localhost:8080"), "without a dot all of it counts");
static_assert(gives(domain, "[::1]:80", "[::1]:80"));
static_assert(gives(domain, "[::1.2.3.4]:80", "[::1.2.3.4]:80"), "an IPv6 address has no labels");

static_assert(gives(domain, "www.example.com.", "example"), "the root's dot");
static_assert(gives(domain, "example.com.", "example"));
static_assert(gives(domain, "example.com.:8080", "example"));
static_assert(gives(domain, "localhost.", "localhost"));
static_assert(gives(domain, "localhost.:8080", "localhost"));

// Empty labels, as HAProxy takes them where it stays inside of the value.
static_assert(gives(domain, ".", "."));
static_assert(gives(domain, "..", "."));
static_assert(gives(domain, "...", "."));
static_assert(gives(domain, ".com", ".com"));
static_assert(gives(domain, "..com", "."));
static_assert(gives(domain, "a..com", "a."));
static_assert(gives(domain, ".a.com", "a"));
static_assert(gives(domain, ":", ":"));
static_assert(gives(domain, ".:", ".:"));
static_assert(gives(domain, "", std::nullopt));

static_assert(noexcept(std::declval<const header&>()(std::string_view())));

} // namespace

TEST_CASE("keys::header does as a walk over the bytes does") {
    test::random_source random(1);
    for (int i = 0; i < 50'000; ++i) {
        const std::string text =
            test::random_text(random, {",", "\"", "\"", "\\", " ", "\t", "\r", "\n", "a", "b", ".", "\xff"}, 14);
        INFO(text);
        REQUIRE(gives(plain, text, test::model::first_value(text)));
    }
}

TEST_CASE("keys::header finds a domain as a walk over the bytes from the right does") {
    test::random_source random(1);
    for (int i = 0; i < 50'000; ++i) {
        std::string text = test::random_text(random, {".", ".", "a", "bc", ":", "[", "]", "example.com", ":80"}, 8);
        if (random.one_in(4)) text += ",.a.";
        INFO(text);
        std::optional<std::string> expected = test::model::first_value(text);
        if (expected) expected = test::model::domain(*expected);
        REQUIRE(gives(domain, text, expected));
    }
}
