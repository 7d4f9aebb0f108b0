// SPDX-License-Identifier: MIT
// Every selector, and one way to drive each, so that a law is written once.
#ifndef POISE_TESTS_SUPPORT_ALL_SELECTORS_HPP
#define POISE_TESTS_SUPPORT_ALL_SELECTORS_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include <poise/erasure.hpp>
#include <poise/poise.hpp>
#include <poise/shared/locked.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

// What a test derives to give it other options breaks the same laws.
template <std::derived_from<poise::lvs_hash> Selector>
inline constexpr auto poise::law_exceptions<Selector> = poise::law_exceptions<poise::lvs_hash>;
template <std::derived_from<poise::lvs_maglev> Selector>
inline constexpr auto poise::law_exceptions<Selector> = poise::law_exceptions<poise::lvs_maglev>;

namespace test {

struct least_connections_first : poise::least_connections {
    constexpr least_connections_first() : poise::least_connections({.ties = poise::ties::first}) {}
};
struct least_connections_random : poise::least_connections {
    constexpr least_connections_random() : poise::least_connections({.ties = poise::ties::random, .seed = 7}) {}
};
struct least_connections_fifo : poise::least_connections {
    constexpr least_connections_fifo() : poise::least_connections({.ties = poise::ties::fifo}) {}
};
struct nginx_random_two : poise::nginx_random {
    constexpr nginx_random_two() : poise::nginx_random({.draws = 2, .seed = 3}) {}
};
struct lvs_lc : poise::lvs_least_connections {
    constexpr lvs_lc() : poise::lvs_least_connections({.rule = poise::lvs_rule::lc}) {}
};
struct lvs_sed : poise::lvs_least_connections {
    constexpr lvs_sed() : poise::lvs_least_connections({.rule = poise::lvs_rule::sed}) {}
};
struct lvs_nq : poise::lvs_least_connections {
    constexpr lvs_nq() : poise::lvs_least_connections({.rule = poise::lvs_rule::nq}) {}
};
struct lvs_hash_fallback : poise::lvs_hash {
    constexpr lvs_hash_fallback() : poise::lvs_hash({.fallback = true}) {}
};
struct lvs_maglev_fallback : poise::lvs_maglev {
    constexpr lvs_maglev_fallback() : poise::lvs_maglev({.places = 251, .fallback = true}) {}
};
struct lvs_lblcr : poise::lvs_locality {
    constexpr lvs_lblcr() : poise::lvs_locality({.replicate = poise::lvs_replication::sets}) {}
};
using least_loaded_first = poise::basic_least_loaded<poise::ties::first>;
using least_loaded_random = poise::basic_least_loaded<poise::ties::random>;
using modulo_or_cursor = poise::keyed_or<poise::modulo_hash>;
using ring_or_smooth = poise::keyed_or<poise::ketama_ring, poise::smooth_weighted_round_robin>;

using bounded_ring = poise::bounded_load<poise::haproxy_ring>;
using bounded_table = poise::bounded_load<poise::modulo_hash>;
using bounded_or_cursor = poise::bounded_load<poise::keyed_or<poise::haproxy_ring>>;
using bounded_nginx_hash = poise::bounded_load<poise::nginx_hash>;
using bounded_consistent_hash = poise::bounded_load<poise::nginx_consistent_hash>;
using smooth_with_backup = poise::with_backup<poise::smooth_weighted_round_robin>;
using table_with_backup = poise::with_backup<poise::modulo_hash>;

/// Erased: one keyless, one keyed, one that goes by a load.
struct any_smooth : poise::any_selector {
    any_smooth() : poise::any_selector(poise::smooth_weighted_round_robin()) {}
};
struct any_ring : poise::any_selector {
    any_ring() : poise::any_selector(poise::haproxy_ring()) {}
};
struct any_least_loaded : poise::any_selector {
    any_least_loaded() : poise::any_selector(least_loaded_first()) {}
};

/// A selector whose threads each bring a worker, with the worker of one thread: an ordinary selector.
template <poise::worker_selector Shared>
class one_thread {
  public:
    void assign(std::span<const poise::member> members) { shared_.assign(members); }
    [[nodiscard]] std::size_t size() const noexcept { return shared_.size(); }
    [[nodiscard]] std::span<const poise::member> members() const noexcept { return shared_.members(); }
    void reset() noexcept {
        shared_.reset();
        mine_ = shared_.worker_of(0);
    }
    void disable(poise::slot where) noexcept { shared_.disable(where); }
    void enable(poise::slot where) noexcept { shared_.enable(where); }
    template <poise::accept_rule Accept = poise::accept_all>
    [[nodiscard]] std::optional<poise::slot> select(const Accept& accept = {}) noexcept {
        return shared_.select(mine_, accept);
    }
    friend bool operator==(const one_thread&, const one_thread&) = default;

  private:
    Shared shared_;
    typename Shared::worker mine_ = shared_.worker_of(0);
};
using one_with_blocks = one_thread<poise::block_ticketed_weighted_round_robin>;
using one_apart = one_thread<poise::phased_weighted_round_robin>;
using locked_smooth = poise::locked<poise::smooth_weighted_round_robin>;

using all_selectors =
    std::tuple<poise::interleaved_weighted_round_robin, poise::round_robin, poise::smooth_weighted_round_robin,
               poise::fast_weighted_round_robin, poise::static_round_robin, poise::first_available,
               poise::least_connections, least_connections_first, least_connections_random, least_connections_fifo,
               poise::least_loaded, least_loaded_first, least_loaded_random, poise::random_draws, poise::nginx_random,
               nginx_random_two, poise::modulo_hash, poise::ketama_ring, poise::haproxy_ring, modulo_or_cursor,
               ring_or_smooth, poise::nginx_hash, poise::ip_hash, poise::nginx_consistent_hash, bounded_ring,
               bounded_table, bounded_or_cursor, bounded_nginx_hash, bounded_consistent_hash, smooth_with_backup,
               table_with_backup, poise::lvs_least_connections, lvs_lc, lvs_sed, lvs_nq, poise::weighted_failover,
               poise::weighted_overflow, poise::lvs_twos, poise::lvs_hash, lvs_hash_fallback, poise::lvs_maglev,
               lvs_maglev_fallback, poise::lvs_locality, lvs_lblcr, any_smooth, any_ring, any_least_loaded,
               poise::alias_table, poise::loaded_draws, poise::ticketed_weighted_round_robin, one_with_blocks,
               one_apart, locked_smooth>;

/// Those that choose by a key, whatever else they do; lvs_locality goes by loads until it knows the key.
using keyed_selectors =
    std::tuple<poise::modulo_hash, poise::ketama_ring, poise::haproxy_ring, modulo_or_cursor, ring_or_smooth,
               poise::nginx_hash, poise::ip_hash, poise::nginx_consistent_hash, bounded_ring, bounded_table,
               bounded_or_cursor, bounded_nginx_hash, bounded_consistent_hash, table_with_backup, lvs_hash_fallback,
               lvs_maglev_fallback, poise::alias_table>;
/// Those of them that tell their mapping.
using fingerprinted_selectors =
    std::tuple<poise::modulo_hash, poise::ketama_ring, poise::haproxy_ring, modulo_or_cursor, ring_or_smooth,
               poise::nginx_hash, poise::ip_hash, poise::nginx_consistent_hash, bounded_ring, bounded_table,
               bounded_or_cursor, bounded_nginx_hash, bounded_consistent_hash, lvs_hash_fallback, lvs_maglev_fallback,
               poise::alias_table>;
/// Those of them whose choice is a pure function of key and membership.
using pure_selectors =
    std::tuple<poise::modulo_hash, poise::ketama_ring, poise::haproxy_ring, table_with_backup, poise::alias_table>;
using ring_selectors = std::tuple<poise::ketama_ring, poise::haproxy_ring>;

/// It takes a ticket for each choice, and another for each member that may not be chosen, who loses its turn by that.
template <class Selector>
inline constexpr bool takes_tickets = false;
template <class Tickets>
inline constexpr bool takes_tickets<poise::basic_ticketed_weighted_round_robin<Tickets>> = true;
template <class Shared>
inline constexpr bool takes_tickets<one_thread<Shared>> = true;

/// A request without a key moves its state by being chosen for. Others are moved by keys, loads or `opened` alone.
template <class Selector>
inline constexpr bool moves_by_choosing =
    takes_tickets<Selector> || std::same_as<Selector, locked_smooth> ||
    (!std::same_as<Selector, any_least_loaded> && poise::keyless_selector<Selector> &&
     !poise::shareable_selector<Selector> && !std::same_as<Selector, least_connections_first> &&
     !std::same_as<Selector, least_connections_fifo> && !std::derived_from<Selector, poise::lvs_locality>);

/// Nobody may be chosen although somebody could be: a declared exception to law 1.
template <class Selector>
inline constexpr bool may_miss = false;
template <>
inline constexpr bool may_miss<poise::weighted_overflow> = true;
template <>
inline constexpr bool may_miss<poise::lvs_hash> = true;
template <std::derived_from<poise::lvs_maglev> Selector>
inline constexpr bool may_miss<Selector> = true;

/// Its table depends on the order of the members, and is no pure function of the membership: exceptions to law 5.
template <class Selector>
inline constexpr bool goes_by_order =
    std::derived_from<Selector, poise::lvs_hash> || std::derived_from<Selector, poise::lvs_maglev>;

/// Who may not be chosen loses the turn that comes then: a declared exception to law 3. All others stand still.
template <class Selector>
inline constexpr bool loses_turns = takes_tickets<Selector>;
template <>
inline constexpr bool loses_turns<poise::fast_weighted_round_robin> = true;

/// After 20 hashes or points of no use it is whose turn it is in round robin, whatever the key: nginx's rule.
template <class Selector>
inline constexpr bool gives_up_keys = false;
template <class Hashes>
inline constexpr bool gives_up_keys<poise::basic_nginx_hash<Hashes>> = true;
template <>
inline constexpr bool gives_up_keys<poise::nginx_consistent_hash> = true;
template <class Keyed>
inline constexpr bool gives_up_keys<poise::bounded_load<Keyed>> = gives_up_keys<Keyed>;

/// The ids of `except` are the tries of a request in their order, and count otherwise than other rejections.
template <class Selector>
inline constexpr bool follows_tries = false;
template <class Hashes>
inline constexpr bool follows_tries<poise::basic_nginx_hash<Hashes>> = true;

/// What the selector calls itself in its messages; `keyed_or` speaks in the name of the one that refuses first.
template <class Selector>
inline constexpr std::string_view name_of = "";
template <>
inline constexpr std::string_view name_of<poise::interleaved_weighted_round_robin> = "interleaved_weighted_round_robin";
template <>
inline constexpr std::string_view name_of<poise::round_robin> = "round_robin";
template <>
inline constexpr std::string_view name_of<poise::smooth_weighted_round_robin> = "smooth_weighted_round_robin";
template <std::derived_from<poise::least_connections> Selector>
inline constexpr std::string_view name_of<Selector> = "least_connections";
template <poise::ties Ties>
inline constexpr std::string_view name_of<poise::basic_least_loaded<Ties>> = "least_loaded";
template <>
inline constexpr std::string_view name_of<poise::modulo_hash> = "modulo_hash";
template <class Layout>
inline constexpr std::string_view name_of<poise::hash_ring<Layout>> = "hash_ring";
template <>
inline constexpr std::string_view name_of<modulo_or_cursor> = "modulo_hash";
template <>
inline constexpr std::string_view name_of<ring_or_smooth> = "smooth_weighted_round_robin";
template <>
inline constexpr std::string_view name_of<poise::fast_weighted_round_robin> = "fast_weighted_round_robin";
template <>
inline constexpr std::string_view name_of<poise::static_round_robin> = "static_round_robin";
template <>
inline constexpr std::string_view name_of<poise::first_available> = "first_available";
template <>
inline constexpr std::string_view name_of<poise::random_draws> = "random_draws";
template <std::derived_from<poise::nginx_random> Selector>
inline constexpr std::string_view name_of<Selector> = "nginx_random";
template <class Hashes>
inline constexpr std::string_view name_of<poise::basic_nginx_hash<Hashes>> = Hashes::name;
template <>
inline constexpr std::string_view name_of<poise::nginx_consistent_hash> = "nginx_consistent_hash";
template <class Keyed>
inline constexpr std::string_view name_of<poise::bounded_load<Keyed>> = "bounded_load";
template <class Selector>
inline constexpr std::string_view name_of<poise::with_backup<Selector>> = "with_backup";
template <std::derived_from<poise::lvs_least_connections> Selector>
inline constexpr std::string_view name_of<Selector> = "lvs_least_connections";
template <>
inline constexpr std::string_view name_of<poise::weighted_failover> = "weighted_failover";
template <>
inline constexpr std::string_view name_of<poise::weighted_overflow> = "weighted_overflow";
template <>
inline constexpr std::string_view name_of<poise::lvs_twos> = "lvs_twos";
template <std::derived_from<poise::lvs_hash> Selector>
inline constexpr std::string_view name_of<Selector> = "lvs_hash";
template <std::derived_from<poise::lvs_maglev> Selector>
inline constexpr std::string_view name_of<Selector> = "lvs_maglev";
template <>
inline constexpr std::string_view name_of<any_smooth> = "smooth_weighted_round_robin";
template <>
inline constexpr std::string_view name_of<any_ring> = "hash_ring";
template <>
inline constexpr std::string_view name_of<any_least_loaded> = "any_selector";
template <std::derived_from<poise::lvs_locality> Selector>
inline constexpr std::string_view name_of<Selector> = "lvs_locality";

template <>
inline constexpr std::string_view name_of<poise::alias_table> = "alias_table";
template <>
inline constexpr std::string_view name_of<poise::loaded_draws> = "alias_table";
template <class Selector>
    requires takes_tickets<Selector>
inline constexpr std::string_view name_of<Selector> = "ticketed_weighted_round_robin";
template <>
inline constexpr std::string_view name_of<locked_smooth> = "smooth_weighted_round_robin";

/// The largest weight for a test: where weights cost memory, one that keeps the tests quick.
template <class Selector>
inline constexpr std::uint32_t heaviest = 0xffffffffU;
template <>
inline constexpr std::uint32_t heaviest<poise::modulo_hash> = 500;
template <>
inline constexpr std::uint32_t heaviest<poise::keyed_or<poise::haproxy_ring>> = 20;
template <>
inline constexpr std::uint32_t heaviest<modulo_or_cursor> = 500;
template <>
inline constexpr std::uint32_t heaviest<poise::haproxy_ring> = 20;
template <>
inline constexpr std::uint32_t heaviest<poise::ketama_ring> = 3;
template <>
inline constexpr std::uint32_t heaviest<ring_or_smooth> = 3;
template <>
inline constexpr std::uint32_t heaviest<poise::fast_weighted_round_robin> = 256;
template <>
inline constexpr std::uint32_t heaviest<poise::static_round_robin> = 500;
template <class Selector>
    requires takes_tickets<Selector>
inline constexpr std::uint32_t heaviest<Selector> = 500;
template <>
inline constexpr std::uint32_t heaviest<poise::random_draws> = 20;
template <>
inline constexpr std::uint32_t heaviest<poise::nginx_consistent_hash> = 3;
template <>
inline constexpr std::uint32_t heaviest<any_ring> = 20;
template <>
inline constexpr std::uint32_t heaviest<lvs_hash_fallback> = 20; // more, and the last have no bucket
template <class Keyed>
inline constexpr std::uint32_t heaviest<poise::bounded_load<Keyed>> = std::min(heaviest<Keyed>, 300'000'000U);
template <class Selector>
inline constexpr std::uint32_t heaviest<poise::with_backup<Selector>> = heaviest<Selector>;

/// The most members that it takes, for whatever reason.
template <class Selector>
inline constexpr std::uint64_t most_members = 0xffffffffU;
template <>
inline constexpr std::uint64_t most_members<poise::fast_weighted_round_robin> =
    poise::fast_weighted_round_robin::max_members;
template <>
inline constexpr std::uint64_t most_members<poise::lvs_maglev> = 4093;
template <>
inline constexpr std::uint64_t most_members<lvs_maglev_fallback> = 251;

/// A weight for a test, or the largest that the selector should be given.
template <class Selector>
constexpr std::uint32_t at_most(std::uint32_t weight) {
    return std::min(weight, heaviest<Selector>);
}

/// The key of the `turn`-th request; not 0, which is no key for some.
constexpr poise::key_hash key_of(std::uint64_t turn) {
    return poise::key_hash{(turn + 1) * 0x9e3779b97f4a7c15U};
}

/// The `turn`-th selection; the turn stands for the request, which only some selectors look at. Who takes requests
/// with a key and without gets them by turns.
template <poise::selector Selector, poise::accept_rule Accept = poise::accept_all>
std::optional<poise::slot> choose(Selector& selector, std::uint64_t turn, const Accept& accept = {}) noexcept {
    if constexpr (poise::keyed_selector<Selector> && poise::keyless_selector<Selector>) {
        return turn % 2 == 0 ? selector.select(accept) : selector.select(key_of(turn), accept);
    } else if constexpr (poise::keyless_selector<Selector>) {
        static_cast<void>(turn);
        return selector.select(accept);
    } else if constexpr (poise::keyed_selector<Selector>) {
        return selector.select(key_of(turn), accept);
    } else {
        // equal on every other turn; by id, because slots move
        const auto load = [turn, &selector](poise::slot where) {
            return turn % 2 == 0 ? 0 : turn ^ selector.members()[static_cast<std::size_t>(where)].id;
        };
        return selector.select(load, accept);
    }
}

/// Tells of a new connection, or of the end of one, whoever counts them.
template <poise::selector Selector>
void open(Selector& selector, poise::slot where) noexcept {
    if constexpr (poise::connection_counting_selector<Selector>) selector.opened(where);
}
template <poise::selector Selector>
void close(Selector& selector, poise::slot where) noexcept {
    if constexpr (poise::connection_counting_selector<Selector>) selector.closed(where);
}

/// Tells of a failure whoever wants to hear of it.
template <poise::selector Selector>
void fail(Selector& selector, poise::slot where) noexcept {
    if constexpr (poise::failure_aware_selector<Selector>) selector.failed(where);
}

/// The choices that a copy would make: ids, because slots move; none = -1.
template <poise::selector Selector>
std::vector<std::int64_t> future(Selector selector, std::uint64_t selections) {
    std::vector<std::int64_t> ids;
    for (std::uint64_t turn = 0; turn < selections; ++turn) {
        const auto chosen = choose(selector, turn);
        ids.push_back(chosen ? static_cast<std::int64_t>(selector.members()[static_cast<std::size_t>(*chosen)].id)
                             : -1);
    }
    return ids;
}

inline bool contains(std::span<const std::uint64_t> ids, std::uint64_t id) {
    for (const std::uint64_t one : ids) {
        if (one == id) return true;
    }
    return false;
}

/// The same rejection as `except(ids)`, as a plain predicate.
inline auto all_but(std::span<const std::uint64_t> ids, std::span<const poise::member> members) {
    return [ids, members](poise::slot where) {
        return !contains(ids, members[static_cast<std::size_t>(where)].id);
    };
}

} // namespace test

#endif
