// SPDX-License-Identifier: MIT
#include <poise/shared/published.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/allocations.hpp"

using poise::published;

TEST_CASE("published: a handle reads the latest, and what it has read stands still") {
    published<std::string> name("first");
    auto mine = name.subscribe();
    const std::string& before = mine.read();
    name.publish("second");
    CHECK(before == "first");
    CHECK(mine.read() == "second");
    name.publish("third");
    name.publish("fourth");
    CHECK(mine.read() == "fourth");
    CHECK(name.subscribe().read() == "fourth");
}

TEST_CASE("published: a version is destroyed when nobody has it any more, and not before") {
    const auto count = std::make_shared<int>();
    published<std::shared_ptr<int>> value(count);
    auto a = value.subscribe();
    auto b = value.subscribe();
    CHECK(value.versions() == 1);
    CHECK(a.read() == b.read());
    value.publish(count);
    CHECK(value.versions() == 2); // both still have the first
    static_cast<void>(a.read());
    CHECK(value.versions() == 2);
    static_cast<void>(b.read());
    CHECK(value.versions() == 1);
    for (int i = 0; i < 10; ++i) value.publish(count); // what neither ever reads is not kept for them
    CHECK(value.versions() == 2);
    CHECK(count.use_count() == 1 + 2);
}

TEST_CASE("published: a parked handle keeps nothing old") {
    published<int> value(1);
    auto idle = value.subscribe();
    auto other = value.subscribe();
    SECTION("when it was up to date") {
        CHECK(idle.read() == 1);
    }
    SECTION("when there was post") {
        value.publish(2);
        value.publish(3);
    }
    SECTION("when it is parked already") {
        idle.park();
    }
    idle.park();
    value.publish(7);
    CHECK(other.read() == 7);
    CHECK(value.versions() == 1);
    CHECK(idle.read() == 7);
    value.publish(8);
    CHECK(idle.read() == 8);
}

TEST_CASE("published: handles come, move, go and outlive it") {
    std::optional<published<std::string>> value(std::in_place, "kept");
    auto first = value->subscribe();
    {
        auto passing = value->subscribe();
        value->publish("later");
        CHECK(value->versions() == 2);
    } // it had not read its post
    auto second = std::move(first);
    first = value->subscribe();
    CHECK(first.read() == "later");
    CHECK(second.read() == "later");
    CHECK(value->versions() == 1);
    second = std::move(first);
    value.reset();
    CHECK(second.read() == "later");
}

TEST_CASE("published: an update sees the latest, and when it throws nothing has changed") {
    published<int> value(1);
    auto mine = value.subscribe();
    value.update([](const int& latest) { return latest + 1; });
    CHECK(mine.read() == 2);
    const auto fails = [](const int&) -> int {
        throw std::runtime_error("no");
    };
    CHECK_THROWS_AS(value.update(fails), std::runtime_error);
    CHECK(mine.read() == 2);
    CHECK(value.versions() == 1);
}

TEST_CASE("published: reading allocates nothing") {
    published<int> value(1);
    auto mine = value.subscribe();
    value.publish(2);
    const auto before = test::allocations();
    CHECK(mine.read() == 2);
    mine.park();
    static_cast<void>(mine.read());
    CHECK(test::allocations() == before);
}

// A pair of equal numbers is never seen half written, nobody sees an earlier one after a later, and what was published
// before a thread began is what it sees at least.
TEST_CASE("threads: readers and writers of a published value", "[threads]") {
    struct pair {
        std::uint64_t a = 0;
        std::uint64_t b = 0;
    };
    constexpr std::uint64_t edits = 2'000;
    constexpr int readings = 100'000;
    published<std::unique_ptr<pair>> value(std::make_unique<pair>());
    std::atomic<std::uint64_t> surely = 0;
    std::atomic<bool> sound = true;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 2; ++writer) {
        threads.emplace_back([&] {
            for (std::uint64_t i = 0; i < edits; ++i) {
                std::uint64_t now = 0;
                value.update([&now](const std::unique_ptr<pair>& old) {
                    now = old->a + 1;
                    return std::make_unique<pair>(pair{now, now});
                });
                std::uint64_t known = surely.load();
                while (known < now && !surely.compare_exchange_weak(known, now)) {
                }
            }
        });
    }
    for (int reader = 0; reader < 3; ++reader) {
        threads.emplace_back([&, reader] {
            auto mine = value.subscribe();
            std::uint64_t last = 0;
            for (int i = 0; i < readings; ++i) {
                const std::uint64_t at_least = surely.load();
                const pair& now = *mine.read();
                if (now.a != now.b || now.a < last || now.a < at_least) sound = false;
                last = now.a;
                if (reader > 0 && i % 1000 == 0) mine.park();
                if (reader > 1 && i % 5000 == 0) mine = value.subscribe();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(sound);
    CHECK(value.versions() == 1);
    CHECK(value.subscribe().read()->a == 2 * edits);
}
