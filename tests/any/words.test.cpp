// SPDX-License-Identifier: MIT
#include <poise/any/words.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

using Catch::Matchers::Message;
using namespace poise::detail;

TEST_CASE("words: edits are the letters put in, left out, exchanged or swapped") {
    CHECK(edits("", "") == 0);
    CHECK(edits("depth", "depth") == 0);
    CHECK(edits("dept", "depth") == 1);
    CHECK(edits("deepth", "depth") == 1);
    CHECK(edits("debth", "depth") == 1);
    CHECK(edits("detph", "depth") == 1);
    CHECK(edits("ca", "abc") == 3); // optimal string alignment: nothing is edited twice
    CHECK(edits("", "abc") == 3);
    CHECK(edits("abc", "") == 3);
}

TEST_CASE("words: a near miss is near") {
    constexpr std::array<std::string_view, 4> known{"leastconn", "first", "rr", "wrr"};
    CHECK(near_miss("leastcon", known) == "leastconn");
    CHECK(near_miss("least_conn", known) == "leastconn");
    CHECK(near_miss("fist", known) == "first");
    CHECK(near_miss("r", known) == "rr");
    CHECK(near_miss("wr", known) == "rr"); // both are one letter away: the first of them
    CHECK_FALSE(near_miss("maglev", known));
    CHECK_FALSE(near_miss("x", known)); // not by replacing all of it
    CHECK_FALSE(near_miss("", known));
    CHECK_FALSE(near_miss(std::string(1'000'000, 'r'), known));
}

TEST_CASE("words: what is there is taken once, in any order") {
    words given("who", " two\tseed 7  depth 3 ");
    CHECK(given.number<std::uint64_t>("seed") == 7U);
    CHECK(given.flag("two"));
    CHECK_FALSE(given.flag("two"));
    CHECK_FALSE(given.flag("whole"));
    CHECK_FALSE(given.value("key", "KEY"));
    CHECK(given.value("depth", "N") == "3");
    CHECK_NOTHROW(given.done());
    CHECK_NOTHROW(words("who", "").done());
    CHECK_NOTHROW(words("who", " \n").done());
}

TEST_CASE("words: what is wrong is told") {
    const auto told = [](std::string_view text, std::string_view expected) {
        INFO(text);
        static constexpr std::array<std::pair<std::string_view, int>, 2> kinds{{{"ketama", 1}, {"haproxy", 2}}};
        words given("who", text);
        const auto all = [&] {
            static_cast<void>(given.flag("two"));
            static_cast<void>(given.number<std::uint32_t>("len", 1, 100));
            static_cast<void>(given.one_of("kind", kinds));
            given.done();
        };
        CHECK_THROWS_MATCHES(all(), std::invalid_argument, Message("poise: who: " + std::string(expected)));
    };
    told("len", "option len (expected len N)");
    for (const std::string_view number : {"0", "101", "x", "9x", "-1", "+1", "99999999999999999999", "0x1", "1.5"}) {
        told("len " + std::string(number), "len " + std::string(number) + " (expected a number from 1 to 100)");
    }
    told("kind ketma", "kind ketma (expected ketama or haproxy; did you mean ketama?)");
    told("kind x", "kind x (expected ketama or haproxy)");
    told("twoo", "option twoo (expected two, len N or kind ketama|haproxy; did you mean two?)");
    told("7", "option 7 (expected two, len N or kind ketama|haproxy)");
    told("two two", "option two (expected two once)");
    told("len 5 len 6", "option len (expected len once)");
    words none("who", "anything");
    CHECK_THROWS_MATCHES(none.done(), std::invalid_argument,
                         Message("poise: who: option anything (expected no options)"));
}
