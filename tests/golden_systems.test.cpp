// SPDX-License-Identifier: MIT
// Law 6: what nginx 1.22 and HAProxy 2.6 chose, recorded by live/record.py; golden/README.md has the formats.
#include <catch2/catch_test_macros.hpp>

#include <span>
#include <string>

#include <poise/poise.hpp>

#include "support/golden.hpp"

using namespace test;

namespace {

/// Rows of weights, operations and choices.
template <class Selector>
void check_rows(const std::string& file, std::size_t rows_there, const Selector& fresh = {}) {
    const auto rows = golden(file);
    REQUIRE(rows.size() >= rows_there);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 3);
        INFO(file << ", weights " << row[0]);
        Selector selector = fresh;
        selector.assign(members_of(row[0]));
        REQUIRE_FALSE(words(row[2]).empty());
        CHECK(played(selector, row[1]) == words(row[2]));
    }
}

/// Rows of weights and choices, which come one after the other.
template <class Selector>
void check_sequences(const std::string& file, std::size_t rows_there) {
    const auto rows = golden(file);
    REQUIRE(rows.size() >= rows_there);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 2);
        INFO(file << ", weights " << row[0]);
        Selector selector;
        selector.assign(members_of(row[0]));
        const std::vector<std::string> expected = words(row[1]);
        REQUIRE_FALSE(expected.empty());
        for (const std::string& slot : expected) REQUIRE(name_of_choice(selector.select()) == slot);
    }
}

/// Whom a request comes to when everyone fails, and failures cost nothing.
template <class Selector>
std::vector<std::string> tried_in_order(Selector& selector, poise::key_hash key) {
    std::vector<std::string> slots;
    std::vector<std::uint64_t> ids;
    while (const auto chosen = selector.select(key, poise::except(ids))) {
        slots.push_back(name_of_choice(chosen));
        ids.push_back(selector.members()[static_cast<std::size_t>(*chosen)].id);
    }
    return slots;
}

} // namespace

TEST_CASE("fast_weighted_round_robin chooses what HAProxy's roundrobin chose", "[golden]") {
    check_sequences<poise::fast_weighted_round_robin>("haproxy_roundrobin.txt", 10);
    check_rows<poise::fast_weighted_round_robin>("haproxy_roundrobin_changes.txt", 10);
    check_rows<poise::fast_weighted_round_robin>("haproxy_roundrobin_maxconn.txt", 6);
}

TEST_CASE("static_round_robin chooses what HAProxy's static-rr chose", "[golden]") {
    check_sequences<poise::static_round_robin>("haproxy_static_rr.txt", 10);
}

TEST_CASE("first_available chooses what HAProxy's first chose", "[golden]") {
    check_rows<poise::first_available>("haproxy_first_maxconn.txt", 6);
}

TEST_CASE("least_connections chooses what nginx's least_conn and HAProxy's leastconn chose", "[golden]") {
    check_rows("nginx_least_conn.txt", 10, poise::least_connections());
    check_rows("haproxy_leastconn.txt", 10, poise::least_connections({.ties = poise::ties::fifo}));
}

TEST_CASE("with_backup chooses what nginx with backup servers chose", "[golden]") {
    const auto rows = golden("nginx_backup.txt");
    REQUIRE(rows.size() >= 4);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 4);
        INFO("weights " << row[0]);
        std::vector<std::uint64_t> backups;
        for (const std::string& id : words(row[1])) backups.push_back(std::stoull(id));
        poise::with_backup<poise::smooth_weighted_round_robin> selector(
            {.backups = backups}, poise::smooth_weighted_round_robin({.max_fails = 0}));
        selector.assign(members_of(row[0]));
        CHECK(played(selector, row[2]) == words(row[3]));
    }
}

TEST_CASE("nginx_hash and ip_hash choose what nginx's hash and ip_hash chose", "[golden]") {
    const auto hashed = golden("nginx_hash.txt");
    REQUIRE(hashed.size() >= 80);
    for (const auto& row : hashed) {
        REQUIRE(row.size() == 3);
        INFO("weights " << row[0] << ", key " << row[1]);
        poise::nginx_hash selector({.max_fails = 0});
        selector.assign(members_of(row[0]));
        CHECK(tried_in_order(selector, poise::nginx_hash::key(std::string_view(from_hex(word(row[1]))))) ==
              words(row[2]));
    }
    const auto addresses = golden("nginx_ip_hash.txt");
    REQUIRE(addresses.size() >= 70);
    for (const auto& row : addresses) {
        REQUIRE(row.size() == 3);
        INFO("weights " << row[0] << ", address " << row[1]);
        poise::ip_hash selector({.max_fails = 0});
        selector.assign(members_of(row[0]));
        const std::string bytes = from_hex(word(row[1]));
        const std::vector<std::uint8_t> address(bytes.begin(), bytes.end());
        CHECK(tried_in_order(selector, poise::ip_hash::key(std::span(address)).value()) == words(row[2]));
    }
}

TEST_CASE("nginx_consistent_hash chooses what nginx's hash consistent chose", "[golden]") {
    const auto rows = golden("nginx_consistent_hash.txt");
    REQUIRE(rows.size() >= 80);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 3);
        INFO("servers " << row[0] << ", key " << row[1]);
        std::vector<poise::member> members;
        for (const std::string& server : words(row[0])) {
            const std::size_t star = server.find('*');
            const auto place = static_cast<std::uint32_t>(members.size());
            members.push_back({.id = poise::ketama_id(server.substr(0, star), place),
                               .weight = static_cast<std::uint32_t>(std::stoul(server.substr(star + 1)))});
        }
        poise::nginx_consistent_hash selector({.max_fails = 0});
        selector.assign(members);
        const auto key = poise::hashed(std::string_view(from_hex(word(row[1]))), poise::hashes::crc32{});
        CHECK(tried_in_order(selector, key) == words(row[2]));
        poise::ketama_ring ring;
        ring.assign(members);
        CHECK(name_of_choice(ring.select(key)) == words(row[2]).front());
    }
}

TEST_CASE("modulo_hash chooses what HAProxy's map-based hash chose", "[golden]") {
    const auto rows = golden("haproxy_map.txt");
    REQUIRE(rows.size() >= 80);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 3);
        INFO("weights " << row[0] << ", key " << row[1]);
        poise::modulo_hash selector;
        selector.assign(members_of(row[0]));
        const auto key = poise::hashed(std::string_view(from_hex(word(row[1]))), poise::hashes::sdbm{});
        CHECK(name_of_choice(selector.select(key)) == word(row[2]));
    }
}

TEST_CASE("bounded_load chooses what HAProxy's hash-balance-factor chose", "[golden]") {
    const auto rows = golden("haproxy_bounded_load.txt");
    REQUIRE(rows.size() >= 12);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 4);
        INFO("weights " << row[0] << ", factor " << row[1]);
        const auto factor = static_cast<std::uint32_t>(std::stoul(row[1]));
        poise::bounded_load<poise::haproxy_ring> selector({.balance_factor = factor});
        selector.assign(members_of(row[0], 1));
        std::vector<std::string> chosen;
        for (const std::string& operation : words(row[2])) {
            const std::string rest = operation.substr(1);
            if (operation.front() == 'c') {
                selector.closed(slot_of(rest));
            } else {
                const auto key = poise::hashed(std::string_view(from_hex(rest)), poise::hashes::sdbm{});
                const auto slot = selector.select(key);
                selector.opened(slot.value());
                chosen.push_back(name_of_choice(slot));
            }
        }
        CHECK(chosen == words(row[3]));
    }
}

TEST_CASE("rdp_cookie over a map chooses what HAProxy's rdp-cookie chose", "[golden]") {
    const auto rows = golden("haproxy_rdp_cookie.txt");
    REQUIRE(rows.size() >= 10);
    for (const auto& row : rows) {
        REQUIRE(row.size() == 4);
        INFO("packet " << row[2]);
        const std::string name = word(row[1]);
        const std::string packet = from_hex(word(row[2]));
        poise::modulo_hash selector;
        selector.assign(members_of(row[0]));
        const auto cookie = poise::keys::rdp_cookie(name)(packet);
        CHECK(name_of_choice(selector.select(poise::hashed(cookie.value(), poise::hashes::sdbm{}))) == word(row[3]));
    }
}

// No system's: nobody sees nginx's or HAProxy's random numbers. They pin our own, so that a change is noticed.
TEST_CASE("random_draws and nginx_random draw what they drew", "[golden]") {
    const auto drawn = [](auto selector) {
        selector.assign(poise::members({5, 1, 3, 7, 2}));
        std::string slots;
        for (int i = 0; i < 40; ++i) {
            const auto chosen = selector.select();
            slots += name_of_choice(chosen);
            selector.opened(*chosen);
        }
        return slots;
    };
    CHECK(drawn(poise::random_draws({.draws = 1, .seed = 7})) == "3030200244302040413332003420003230330200");
    CHECK(drawn(poise::random_draws({.draws = 2, .seed = 7})) == "0320432013304203332033130430203302432314");
    CHECK(drawn(poise::nginx_random({.draws = 1, .seed = 7})) == "2043202102044333313330224402424021330400");
    CHECK(drawn(poise::nginx_random({.draws = 2, .seed = 7})) == "0321043302424033032133033234203033103024");
}
