// SPDX-License-Identifier: MIT
// Each function `hot_...` makes 10,000 choices among 64 members, with a selector that has made as many before.
// Prints that number, by which instructions.py divides.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <poise/poise.hpp>
#include <poise/shared/shared_pool.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

namespace {

constexpr std::size_t choices = 10'000;
constexpr std::size_t member_count = 64;

enum class weights { equal, mixed };

/// As in benchmarks/bench.hpp: weight 1 each, or 1..100 in an order without pattern.
std::vector<poise::member> members(weights chosen) {
    std::vector<poise::member> result;
    std::uint64_t state = 1;
    for (std::uint64_t id = 0; id < member_count; ++id) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const auto mixed = static_cast<std::uint32_t>((state >> 33U) % 100 + 1);
        result.push_back({.id = id, .weight = chosen == weights::mixed ? mixed : 1U});
    }
    return result;
}

/// Keys without pattern, those of IPv4 addresses where a selector has keys of its own. Made beforehand, as all that
/// comes in: making it does not count.
template <class Selector>
std::vector<poise::key_hash> keys() {
    std::vector<poise::key_hash> result;
    poise::splitmix64 random(1);
    while (result.size() < choices) {
        const std::uint64_t number = random();
        const std::array<std::uint8_t, 4> address{
            static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8U),
            static_cast<std::uint8_t>(number >> 16U), static_cast<std::uint8_t>(number >> 24U)};
        if constexpr (requires { Selector::key(std::span<const std::uint8_t>(address)); }) {
            result.push_back(*Selector::key(std::span<const std::uint8_t>(address)));
        } else {
            result.push_back(poise::key_hash{number});
        }
    }
    return result;
}

/// An empty choice, which no selector here makes, counts as one as well.
constexpr poise::slot nobody{member_count};

template <class Selector>
struct by_turn {
    Selector selector;

    explicit by_turn(weights chosen, Selector made = Selector()) : selector(std::move(made)) {
        selector.assign(members(chosen));
    }
    poise::slot choose(std::size_t) { return selector.select().value_or(nobody); }
};

template <class Selector>
struct by_key {
    Selector selector;
    std::vector<poise::key_hash> key = keys<Selector>();

    explicit by_key(weights chosen) { selector.assign(members(chosen)); }
    poise::slot choose(std::size_t turn) { return selector.select(key[turn]).value_or(nobody); }
};

/// As many connections are open as there are members; with each that begins a random one ends.
template <class Selector>
struct by_connections {
    Selector selector;
    std::vector<poise::key_hash> key = keys<Selector>();
    std::vector<std::size_t> ends;
    std::vector<poise::slot> open;

    explicit by_connections(weights chosen, Selector made = Selector()) : selector(std::move(made)) {
        selector.assign(members(chosen));
        poise::splitmix64 random(2);
        while (ends.size() < choices) ends.push_back(random() % member_count);
        while (open.size() < member_count) {
            open.push_back(chosen_at(open.size()));
            selector.opened(open.back());
        }
    }
    poise::slot choose(std::size_t turn) {
        poise::slot& connection = open[ends[turn]];
        selector.closed(connection);
        connection = chosen_at(turn);
        selector.opened(connection);
        return connection;
    }

  private:
    poise::slot chosen_at(std::size_t turn) {
        if constexpr (poise::keyed_selector<Selector>) {
            return selector.select(key[turn]).value_or(nobody);
        } else {
            return selector.select().value_or(nobody);
        }
    }
};

/// A load selector whose load is counted outside, as in benchmarks/bench.hpp.
template <class Selector>
class counted_outside {
  public:
    void assign(std::span<const poise::member> members) {
        selector_.assign(members);
        loads_.resize(members.size());
    }
    std::optional<poise::slot> select() {
        return selector_.select([this](poise::slot where) { return loads_[static_cast<std::size_t>(where)]; });
    }
    void opened(poise::slot where) { ++loads_[static_cast<std::size_t>(where)]; }
    void closed(poise::slot where) { --loads_[static_cast<std::size_t>(where)]; }

  private:
    Selector selector_;
    std::vector<std::uint64_t> loads_;
};

/// A choice and its end, in a pool that one thread has, or in one for many.
template <class Pool>
struct in_pool {
    Pool pool;

    explicit in_pool(weights chosen) {
        std::vector<std::pair<int, poise::member>> everyone;
        for (const poise::member& m : members(chosen)) everyone.emplace_back(0, m);
        pool.assign(std::move(everyone));
    }
    poise::slot choose(std::size_t) { return ended(pool.acquire()); }

    static poise::slot ended(std::optional<poise::lease<int>> lease) {
        if (!lease) return nobody;
        lease->finish(poise::outcome::success);
        return static_cast<poise::slot>(lease->id());
    }
};
template <class Selector>
struct in_shared_pool : in_pool<poise::shared_pool<int, Selector>> {
    using base = in_pool<poise::shared_pool<int, Selector>>;
    typename poise::shared_pool<int, Selector>::handle mine = base::pool.subscribe();

    using base::base;
    poise::slot choose(std::size_t) { return base::ended(mine.acquire()); }
};

std::string hexadecimal(poise::splitmix64& random, std::size_t digits) {
    std::string result;
    while (result.size() < digits) result.push_back("0123456789abcdef"[random() % 16]);
    return result;
}

/// Hashes 32 bytes without pattern.
struct of_bytes {
    poise::hashes::default_hash hash;
    std::vector<std::string> text;

    of_bytes() {
        poise::splitmix64 random(3);
        while (text.size() < choices) text.push_back(hexadecimal(random, 32));
    }
    poise::key_hash choose(std::size_t turn) { return poise::hashed(std::string_view(text[turn]), hash); }
};

/// Hashes what counts of a target of 64 bytes.
struct of_target {
    poise::keys::uri key;
    std::vector<std::string> target;

    of_target() {
        poise::splitmix64 random(4);
        while (target.size() < choices) {
            target.push_back("/shop/" + hexadecimal(random, 16) + "/items/" + hexadecimal(random, 16) +
                             "?session=" + hexadecimal(random, 10));
        }
    }
    poise::key_hash choose(std::size_t turn) { return poise::hashed(*key(target[turn])); }
};

template <class Subject>
std::uint64_t all_choices(Subject& subject) {
    std::uint64_t sum = 0;
    for (std::size_t turn = 0; turn < choices; ++turn) sum += static_cast<std::uint64_t>(subject.choose(turn));
    return sum;
}

using smooth = by_turn<poise::smooth_weighted_round_robin>;
using least = by_connections<poise::least_connections>;

} // namespace

// Names without C++'s signature; noipa: neither inlined, nor cloned under another name, nor merged with its like.
extern "C" {
[[gnu::noipa]] std::uint64_t hot_round_robin(by_turn<poise::round_robin>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_static_round_robin(by_turn<poise::static_round_robin>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_interleaved_weighted_round_robin(by_turn<poise::interleaved_weighted_round_robin>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_fast_weighted_round_robin(by_turn<poise::fast_weighted_round_robin>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_smooth_weighted_round_robin(smooth& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_smooth_weighted_round_robin_equal(smooth& s) {
    return all_choices(s);
}
// Ten failures, each of another member and with 1,000 choices behind it.
[[gnu::noipa]] std::uint64_t hot_smooth_weighted_round_robin_after_a_failure(smooth& s) {
    constexpr std::size_t failures = 10;
    std::uint64_t sum = 0;
    for (std::uint32_t failure = 0; failure < failures; ++failure) {
        s.selector.failed(poise::slot{failure * 7});
        for (std::size_t turn = 0; turn < choices / failures; ++turn) sum += static_cast<std::uint64_t>(s.choose(turn));
    }
    return sum;
}
[[gnu::noipa]] std::uint64_t hot_least_connections_smooth(least& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_least_connections_smooth_equal(least& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_least_connections_first(least& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_least_connections_first_equal(least& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_least_connections_random(least& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_least_connections_random_equal(least& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_least_connections_fifo(least& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_least_connections_fifo_equal(least& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_least_loaded(by_connections<counted_outside<poise::least_loaded>>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_random_draws(by_connections<poise::random_draws>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_loaded_draws(by_connections<counted_outside<poise::loaded_draws>>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_nginx_random(by_connections<poise::nginx_random>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_nginx_random_two(by_connections<poise::nginx_random>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_alias_table(by_key<poise::alias_table>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_modulo_hash(by_key<poise::modulo_hash>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_haproxy_ring(by_key<poise::haproxy_ring>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_ketama_ring(by_key<poise::ketama_ring>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_lvs_maglev(by_key<poise::lvs_maglev>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_ip_hash(by_key<poise::ip_hash>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_bounded_load(by_connections<poise::bounded_load<poise::haproxy_ring>>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_ticketed_weighted_round_robin(by_turn<poise::ticketed_weighted_round_robin>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_pool(in_pool<poise::pool<int, poise::smooth_weighted_round_robin>>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_shared_pool(in_shared_pool<poise::ticketed_weighted_round_robin>& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_default_hash(of_bytes& s) {
    return all_choices(s);
}
[[gnu::noipa]] std::uint64_t hot_uri_hashed(of_target& s) {
    return all_choices(s);
}
}

namespace {

volatile std::uint64_t sink;

template <class Subject>
void run(std::uint64_t (*hot)(Subject&), std::type_identity_t<Subject> subject) {
    sink = all_choices(subject);
    sink = hot(subject);
}

least with(poise::ties rule, weights chosen) {
    return least(chosen, poise::least_connections({.ties = rule}));
}

} // namespace

int main() {
    using enum weights;
    using poise::ties;
    std::printf("%zu\n", choices);
    run(hot_round_robin, by_turn<poise::round_robin>(mixed));
    run(hot_static_round_robin, by_turn<poise::static_round_robin>(mixed));
    run(hot_interleaved_weighted_round_robin, by_turn<poise::interleaved_weighted_round_robin>(mixed));
    run(hot_fast_weighted_round_robin, by_turn<poise::fast_weighted_round_robin>(mixed));
    run(hot_smooth_weighted_round_robin, smooth(mixed));
    run(hot_smooth_weighted_round_robin_equal, smooth(equal));
    run(hot_smooth_weighted_round_robin_after_a_failure, smooth(mixed));
    run(hot_least_connections_smooth, with(ties::smooth, mixed));
    run(hot_least_connections_smooth_equal, with(ties::smooth, equal));
    run(hot_least_connections_first, with(ties::first, mixed));
    run(hot_least_connections_first_equal, with(ties::first, equal));
    run(hot_least_connections_random, with(ties::random, mixed));
    run(hot_least_connections_random_equal, with(ties::random, equal));
    run(hot_least_connections_fifo, with(ties::fifo, mixed));
    run(hot_least_connections_fifo_equal, with(ties::fifo, equal));
    run(hot_least_loaded, by_connections<counted_outside<poise::least_loaded>>(mixed));
    run(hot_random_draws, by_connections<poise::random_draws>(mixed));
    run(hot_loaded_draws, by_connections<counted_outside<poise::loaded_draws>>(mixed));
    run(hot_nginx_random, by_connections<poise::nginx_random>(mixed));
    run(hot_nginx_random_two, by_connections<poise::nginx_random>(mixed, poise::nginx_random({.draws = 2})));
    run(hot_alias_table, by_key<poise::alias_table>(mixed));
    run(hot_modulo_hash, by_key<poise::modulo_hash>(mixed));
    run(hot_haproxy_ring, by_key<poise::haproxy_ring>(mixed));
    run(hot_ketama_ring, by_key<poise::ketama_ring>(mixed));
    run(hot_lvs_maglev, by_key<poise::lvs_maglev>(mixed));
    run(hot_ip_hash, by_key<poise::ip_hash>(mixed));
    run(hot_bounded_load, by_connections<poise::bounded_load<poise::haproxy_ring>>(mixed));
    run(hot_ticketed_weighted_round_robin, by_turn<poise::ticketed_weighted_round_robin>(mixed));
    run(hot_pool, in_pool<poise::pool<int, poise::smooth_weighted_round_robin>>(mixed));
    run(hot_shared_pool, in_shared_pool<poise::ticketed_weighted_round_robin>(mixed));
    run(hot_default_hash, of_bytes());
    run(hot_uri_hashed, of_target());
}
