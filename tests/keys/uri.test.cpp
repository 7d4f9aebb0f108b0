// SPDX-License-Identifier: MIT
#include <poise/keys/uri.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <stdexcept>
#include <utility>

#include "keys/models.hpp"
#include "keys/text.hpp"

using Catch::Matchers::Message;
using poise::keys::uri;
using test::gives;

namespace {

static_assert(gives(uri(), "/a/b?c=/d", "/a/b"));
static_assert(gives(uri(), "/a/b", "/a/b"));
static_assert(gives(uri(), "?x", ""));
static_assert(gives(uri(), "", ""));
static_assert(gives(uri(), "/a#b?c", "/a#b"), "a fragment is not special");
static_assert(gives(uri(), "*", "*"));
static_assert(gives(uri(), "http://host/a?b", "http://host/a"));
static_assert(gives(uri({.whole = true}), "/a/b?c=/d", "/a/b?c=/d"));

// A depth of 1 is the first directory; the first slash counts.
static_assert(gives(uri({.depth = 1}), "/a/b/c?d", "/a"));
static_assert(gives(uri({.depth = 2}), "/a/b/c?d", "/a/b"));
static_assert(gives(uri({.depth = 3}), "/a/b/c?d", "/a/b/c"));
static_assert(gives(uri({.depth = 9}), "/a/b/c?d", "/a/b/c"));
static_assert(gives(uri({.depth = 1}), "/a?b/c", "/a"));
static_assert(gives(uri({.depth = 1, .whole = true}), "/a?b/c", "/a?b"));
static_assert(gives(uri({.depth = 1}), "//", "/"));
static_assert(gives(uri({.depth = 2}), "http://host/a", "http://host"));
static_assert(gives(uri({.depth = 0xffffffffU}), "/a/b", "/a/b"));

static_assert(gives(uri({.len = 1}), "/a", "/"));
static_assert(gives(uri({.len = 4}), "/a/b/c", "/a/b"));
static_assert(gives(uri({.len = 4}), "/?a/c", "/"));
static_assert(gives(uri({.len = 4, .whole = true}), "/?a/c", "/?a/"));
static_assert(gives(uri({.len = 3, .depth = 1}), "/a/b/c", "/a"));
static_assert(gives(uri({.len = 0xffffffffU}), "/a", "/a"));

constexpr uri path({.path_only = true});
static_assert(gives(path, "/a/b?c", "/a/b"));
static_assert(gives(path, "http://host/a/b?c", "/a/b"));
static_assert(gives(path, "a1+-.Z://user:word@host:80/a", "/a"));
static_assert(gives(path, "http:///a", "/a"));
static_assert(gives(path, "http://host", ""));
static_assert(gives(path, "http://host?a", ""));
static_assert(gives(uri({.whole = true, .path_only = true}), "http://host?a/b", "?a/b"));
static_assert(gives(path, "http://host#a/b", "#a/b"));
static_assert(gives(path, "host:443", ""));
static_assert(gives(path, "host/a", ""), "no scheme: an authority, whatever it holds");
static_assert(gives(path, "http:/a", ""));
static_assert(gives(path, "1http://host/a", ""));
static_assert(gives(path, "ht_tp://host/a", ""));
static_assert(gives(path, "://host/a", ""));
static_assert(gives(path, "*", ""));
static_assert(gives(path, "*://host/a", ""));
static_assert(gives(path, "", ""));
static_assert(gives(uri({.len = 3, .path_only = true}), "http://host/a/b", "/a/"), "len counts from the path");
static_assert(gives(uri({.depth = 1, .path_only = true}), "http://host/a/b", "/a"));

static_assert(noexcept(std::declval<const uri&>()(std::string_view())));

} // namespace

TEST_CASE("keys::uri does as a walk over the bytes does, with any options") {
    test::random_source random(1);
    for (int i = 0; i < 30'000; ++i) {
        uri::options chosen{.whole = random.one_in(2), .path_only = random.one_in(2)};
        if (random.one_in(2)) chosen.len = random.between(1, 12);
        if (random.one_in(2)) chosen.depth = random.between(1, 4);
        std::string target = random.one_in(3) ? "http://" : "";
        target += test::random_text(random, {"/", "/", "?", "#", "a", "Z0", "*", ":", "://", "@", "\xff", "+"}, 14);
        INFO(target << " len " << chosen.len.value_or(0) << " depth " << chosen.depth.value_or(0) << " whole "
                    << chosen.whole << " path_only " << chosen.path_only);
        REQUIRE(gives(uri(chosen), target, test::model::uri(target, chosen)));
    }
}

TEST_CASE("keys::uri refuses a len and a depth of 0") {
    CHECK_THROWS_MATCHES(uri({.len = 0}), std::invalid_argument,
                         Message("poise: keys::uri: len 0 (expected at least 1)"));
    CHECK_THROWS_MATCHES(uri({.depth = 0}), std::invalid_argument,
                         Message("poise: keys::uri: depth 0 (expected at least 1)"));
    CHECK_NOTHROW(uri({.len = 1, .depth = 1}));
}
