// SPDX-License-Identifier: MIT
// make and names: every algorithm by name, and what a wrong name is told.
#include <poise/any_selector.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;
using Catch::Matchers::MessageMatches;
using poise::any_selector;
using poise::make;
using poise::slot;

namespace {

/// As it is asked for where it needs an argument.
std::string callable(std::string_view name) {
    const bool wants_argument =
        name.ends_with("url_param") || name.ends_with("hdr") || name == "url_param_hash" || name == "header_hash";
    return std::string(name) + (wants_argument ? "(user)" : "");
}

std::string order(any_selector selector, int choices) {
    selector.assign(poise::members({5, 1, 1}));
    std::string places;
    for (int i = 0; i < choices; ++i) places += "abc"[static_cast<std::size_t>(*selector.select())];
    return places;
}

constexpr std::array<std::uint8_t, 4> client{10, 1, 2, 3};
constexpr std::array<std::uint8_t, 4> called{10, 0, 0, 9};

std::optional<std::string_view> one_field(std::string_view name) {
    return name == "X-User" ? std::optional<std::string_view>("ada, bob") : std::nullopt;
}
std::optional<std::string_view> cookies(std::string_view name) {
    return name == "cookie" ? std::optional<std::string_view>("a=1; user=ada") : std::nullopt;
}

} // namespace

TEST_CASE("names: every algorithm by its two names, each once, with a line that says what it does") {
    std::set<std::string_view> seen;
    for (const poise::algorithm_name& algorithm : poise::names()) {
        INFO(algorithm.name);
        CHECK(seen.insert(algorithm.name).second);
        if (algorithm.own != algorithm.name) CHECK(seen.insert(algorithm.own).second);
        CHECK_FALSE(algorithm.summary.empty());
        CHECK(algorithm.summary.find('\n') == std::string_view::npos);
        poise::balancer by_name = make(callable(algorithm.name), "", 7);
        const poise::balancer by_own = make(callable(algorithm.own), "", 7);
        by_name.selector.assign(poise::members({3, 1, 1}));
        CHECK(by_name.selector != by_own.selector);
        any_selector own = by_own.selector;
        own.assign(poise::members({3, 1, 1}));
        CHECK(by_name.selector == own);
        CHECK(by_name.key.needs() == by_own.key.needs());
    }
    CHECK(seen.size() > 30);
}

TEST_CASE("make: an algorithm of every name is total, with a key and without") {
    for (const poise::algorithm_name& algorithm : poise::names()) {
        INFO(algorithm.name);
        any_selector selector = make(callable(algorithm.name)).selector;
        CHECK_FALSE(selector.select());
        selector.assign(poise::members({0, 2, 1, 1}));
        const bool may_miss = std::ranges::find(selector.exceptions(), poise::law::totality,
                                                &poise::law_exception::broken) != selector.exceptions().end();
        const std::vector<std::uint64_t> tried{1};
        for (std::uint64_t key = 0; key < 40; ++key) {
            for (const auto& asked :
                 {poise::request{}, poise::request{.key = poise::key_hash{key * 0x9e3779b97f4a7c15U}},
                  poise::request{.accept = poise::except(tried)}}) {
                const auto chosen = selector.select(asked);
                if (chosen) CHECK(*chosen != slot{0});
                CHECK((chosen || (may_miss && asked.key)));
            }
        }
        selector.disable(slot{1});
        selector.disable(slot{2});
        CHECK(selector.select() == slot{3});
    }
}

TEST_CASE("make: the systems' orders") {
    CHECK(order(make("nginx/round_robin").selector, 7) == "aabacaa");
    CHECK(order(make("smooth_weighted_round_robin").selector, 7) == "aabacaa");
    CHECK(order(make("haproxy/roundrobin").selector, 7) == "aaabaac");
    CHECK(order(make("static-rr").selector, 7) == "aaabaac");
    CHECK(order(make("lvs/wrr").selector, 7) == "aaaaabc");
    CHECK(order(make("lvs/rr").selector, 6) == "abcabc");
    CHECK(order(make("first").selector, 3) == "aaa");
    CHECK(order(make("lvs/fo").selector, 3) == "aaa");
    CHECK(order(make("never_queue").selector, 3) == "aaa"); // nobody is busy
}

TEST_CASE("make: options reach the selector") {
    const auto random = [](std::string_view options, std::uint64_t seed) {
        return order(make("nginx/random", options, seed).selector, 40);
    };
    CHECK(random("", 1) != random("", 2));
    CHECK(random("seed 2", 1) == random("", 2));
    CHECK(random("two seed 2", 1) != random("seed 2", 1));
    CHECK(make("haproxy/random(2)").selector == make("haproxy/random").selector);
    CHECK(make("haproxy/random(3)").selector != make("haproxy/random").selector);
    any_selector patient = make("smooth_weighted_round_robin", "max_fails 0").selector;
    patient.assign(poise::members({5, 1, 1}));
    patient.failed(slot{0});
    CHECK(patient.select() == slot{0});
    CHECK(make("ring", "bound 125").selector != make("ring").selector);
    CHECK(make("haproxy/uri", "hash-type consistent").selector == any_selector(poise::haproxy_ring()));
    CHECK(make("haproxy/uri").selector == any_selector(poise::modulo_hash()));
    CHECK(make("haproxy/uri", "hash-type consistent hash-balance-factor 150").selector ==
          any_selector(poise::bounded_load<poise::keyed_or<poise::haproxy_ring>>({.balance_factor = 150})));
    CHECK(make("nginx/hash", "key uri consistent").selector == make("nginx_consistent_hash").selector);
    CHECK(make("sh", "sh-fallback").selector == any_selector(poise::lvs_hash({.fallback = true})));
    CHECK(make("mh", "mh-fallback places 251").selector ==
          any_selector(poise::lvs_maglev({.places = 251, .fallback = true})));
    CHECK(make("lvs/lblc", "capacity 7 expiration 60").selector ==
          any_selector(poise::lvs_locality({.capacity = 7, .expiration = std::chrono::minutes(1)})));
    CHECK(make("lvs/lblcr").selector == any_selector(poise::lvs_locality({.replicate = poise::lvs_replication::sets})));
    CHECK(make("lvs/sed").selector == any_selector(poise::lvs_least_connections({.rule = poise::lvs_rule::sed})));
    CHECK(make("least_loaded", "ties first").selector == any_selector(poise::basic_least_loaded<poise::ties::first>()));
}

TEST_CASE("make: keys are those of the systems") {
    const poise::attributes http{.source = client, .target = "/a/b/c?user=ada", .fields = one_field};
    using namespace poise;
    using hashes::avalanche, hashes::sdbm;
    const auto key = [&http](std::string_view name, std::string_view options = "") {
        return make(name, options).key(http);
    };
    CHECK(key("haproxy/uri") == hashed("/a/b/c", sdbm{}));
    CHECK(key("haproxy/uri", "depth 1") == hashed("/a", sdbm{}));
    CHECK(key("haproxy/uri", "whole len 8") == hashed("/a/b/c?u", sdbm{}));
    CHECK(key("haproxy/uri", "hash-type consistent") == hashed("/a/b/c", hashes::avalanched<sdbm>{}));
    CHECK(key("haproxy/uri", "hash-type consistent hash-function djb2") == hashed("/a/b/c", hashes::djb2{}));
    CHECK(key("haproxy/uri", "hash-modifier avalanche") == hashed("/a/b/c", hashes::avalanched<sdbm>{}));
    CHECK(key("haproxy/url_param(user)") == hashed("ada", sdbm{}));
    CHECK_FALSE(key("haproxy/url_param(none)"));
    CHECK(key("haproxy/hdr(X-User)", "hash-function crc32") == hashed("ada", hashes::crc32{}));
    CHECK_FALSE(key("haproxy/hdr(Host)"));
    CHECK(key("haproxy/source") == hashed(client, hashes::xor_words{}));
    CHECK(key("haproxy/source", "hash-function crc32") == hashed(client, hashes::xor_words{})); // as in HAProxy
    CHECK(key("haproxy/source", "hash-type consistent") == hashed(client, hashes::avalanched<hashes::xor_words>{}));
    CHECK(key("nginx/ip_hash") == ip_hash::key(client));
    CHECK(key("nginx/hash", "key url_param(user)") == nginx_hash::key("ada"));
    CHECK(key("nginx/hash", "key uri whole") == nginx_hash::key("/a/b/c?user=ada"));
    CHECK(key("nginx/hash", "key url_param(user) consistent") == hashed("ada", hashes::crc32{}));
    CHECK(key("ring", "key header(X-User)") == hashed("ada"));
    CHECK(key("ring", "key source ipv4_prefix 24") == hashed(std::string_view("\x0a\x01\x02", 3)));
    CHECK(key("ring", "key uri hash none") == hashed("/a/b/c", hashes::none{}));
    CHECK_FALSE(key("ring", "key cookie(user)"));
    CHECK(make("ring", "key cookie(user)").key({.fields = cookies}) == hashed("ada"));
    const poise::attributes tcp{.source = client, .source_port = 700, .destination = called, .target = "/a"};
    CHECK(make("lvs/sh").key(tcp) == lvs_hash::key(client));
    CHECK(make("lvs/sh", "sh-port").key(tcp) == lvs_hash::key(client, 700));
    CHECK(make("lvs/mh", "mh-port").key(tcp) == lvs_maglev::key(client, 700));
    CHECK(make("lvs/dh").key(tcp) == lvs_hash::key(called));
    CHECK(make("lvs/dh", "key uri").key(tcp) == hashed("/a"));
    CHECK_FALSE(make("nginx/round_robin").key(http));
    CHECK(make("nginx/round_robin").key.needs() == key_needs::nothing);
    CHECK(make("nginx/hash", "key url_param(u) consistent").key({.target = "/?u="}) == std::nullopt); // for nginx none
}

TEST_CASE("make: the cookie of an RDP connection") {
    const poise::balancer rdp = make("haproxy/rdp-cookie");
    const std::string packet = std::string(11, '\x03') + "Cookie: mstshash=ada\r\n";
    CHECK(rdp.key.needs() == poise::key_needs::first_bytes);
    CHECK(rdp.key({.first_bytes = packet}) == poise::hashed("ada", poise::hashes::sdbm{}));
    CHECK(rdp.key.wants_more(std::string_view(packet).substr(0, 20)));
    CHECK_FALSE(rdp.key.wants_more(packet));
    CHECK_FALSE(rdp.key.wants_more("GET / HTTP/1.1\r\n"));
    CHECK_FALSE(make("haproxy/rdp-cookie(msts)").key({.first_bytes = packet}));
    CHECK_FALSE(rdp.key({.source = client}));
    CHECK_FALSE(make("haproxy/source").key.wants_more(""));
}

TEST_CASE("make: ids give the places that the system gives") {
    const poise::server_identity third{.name = "10.0.0.1:8080", .place = 2, .address = client, .port = 8080};
    CHECK(make("lvs/mh").id_of(third) == poise::lvs_id(client, 8080, 2));
    CHECK(make("haproxy/uri").id_of(third) == 3);
    CHECK(make("nginx/hash", "consistent").id_of(third) == poise::ketama_id("10.0.0.1:8080", 2));
    CHECK(make("ring").id_of(third) == poise::ketama_id("10.0.0.1:8080", 2));
}

TEST_CASE("make: a wrong name is told which there are, and which was probably meant") {
    const auto told = [](std::string_view name, const std::string& words) {
        INFO(name);
        CHECK_THROWS_MATCHES(make(name), std::invalid_argument, MessageMatches(ContainsSubstring(words)));
    };
    told("rubbish", "poise: make: algorithm rubbish (expected nginx/round_robin, nginx/least_conn, ");
    told("nginx/least_con", "did you mean nginx/least_conn?)");
    told("least_con", "did you mean least_conn?)");
    told("haproxy/leastcon", "did you mean haproxy/leastconn?)");
    told("smooth_weighted_roundrobin", "did you mean smooth_weighted_round_robin?)");
    told("Ring", "did you mean ring?)");
    told("", "poise: make: algorithm  (expected nginx/");
    told("random", "poise: make: algorithm random (expected nginx/random or haproxy/random)");
    told("nginx/leastconn", "did you mean nginx/least_conn?)");
    CHECK_THROWS_MATCHES(make("haproxy/uri(x)"), std::invalid_argument,
                         Message("poise: make: algorithm haproxy/uri(x) (expected haproxy/uri)"));
    CHECK_THROWS_MATCHES(make("haproxy/hdr"), std::invalid_argument,
                         Message("poise: make: algorithm haproxy/hdr (expected haproxy/hdr(NAME))"));
    CHECK_THROWS_MATCHES(make("hdr()"), std::invalid_argument,
                         Message("poise: make: algorithm haproxy/hdr() (expected haproxy/hdr(NAME))"));
    CHECK_THROWS_AS(make("haproxy/hdr(x"), std::invalid_argument);
    CHECK_THROWS_AS(make("haproxy/random(0)"), std::invalid_argument);
    CHECK_THROWS_AS(make("haproxy/random()"), std::invalid_argument);
}

TEST_CASE("make: a wrong option is told which there are") {
    const auto told = [](std::string_view name, std::string_view options, std::string_view words) {
        INFO(name << ' ' << options);
        CHECK_THROWS_MATCHES(make(name, options), std::invalid_argument, Message("poise: " + std::string(words)));
    };
    told("haproxy/roundrobin", "fast", "haproxy/roundrobin: option fast (expected no options)");
    told("nginx/random", "tow", "nginx/random: option tow (expected two, max_fails N or seed N; did you mean two?)");
    told("nginx/random", "seed", "nginx/random: option seed (expected seed N)");
    told("haproxy/uri", "hash-type consistnt",
         "haproxy/uri: hash-type consistnt (expected map-based or consistent; did you mean consistent?)");
    told("haproxy/source", "hash-balance-factor 120",
         "haproxy/source: hash-balance-factor 120 (expected only with hash-type consistent)");
    told("haproxy/source", "ipv4_prefix 7", "keys::source: ipv4_prefix 7 (expected 8, 16, 24 or 32)");
    told("lvs/dh", "kye uri",
         "lvs/dh: option kye (expected key "
         "source|destination|uri|url_param(NAME)|header(NAME)|cookie(NAME)|rdp_cookie(NAME); did you mean key?)");
    told("lvs/lblc", "capacity 0", "lvs_locality: capacity 0 (expected from 1 to 16777216)");
    told("lvs/lblc", "expiration 9999999999999",
         "lvs/lblc: expiration 9999999999999 (expected a number from 0 to 1099511627776)");
    told("lvs/mh", "places 7",
         "lvs_maglev: places 7 (expected 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521 or 131071)");
    told("ring", "key url",
         "ring: key url (expected source, destination, uri, url_param(NAME), header(NAME), cookie(NAME) or "
         "rdp_cookie(NAME); did you mean uri?)");
    for (const std::string_view key : {"url_param", "url_param()", "source(x)", "uri(x)", "header(x"}) {
        CHECK_THROWS_AS(make("ring", "key " + std::string(key)), std::invalid_argument);
    }
}
