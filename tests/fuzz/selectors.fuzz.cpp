// SPDX-License-Identifier: MIT
// Input: which selector, then operations of a byte and what they take. After each selection the laws hold that can be
// told from outside: somebody eligible is chosen whenever there is anybody, the least loaded by those that go by load,
// and by those that go by keys the same as without a rejection, unless that was rejected.
#include <optional>
#include <vector>

#include <poise/poise.hpp>

#include "fuzz.hpp"

namespace {

using fuzz::require;
using poise::slot;

constexpr std::size_t most_members = 12;

struct belief {
    std::vector<poise::member> members;
    std::vector<bool> down;
    std::vector<std::uint64_t> load;

    std::size_t find(std::uint64_t id) const {
        std::size_t i = 0;
        while (i < members.size() && members[i].id != id) ++i;
        return i;
    }
    void assign(std::vector<poise::member> next) {
        std::vector<bool> next_down;
        std::vector<std::uint64_t> next_load;
        for (const poise::member& m : next) {
            const std::size_t old = find(m.id);
            next_down.push_back(old < members.size() && down[old]);
            next_load.push_back(old < members.size() ? load[old] : 0);
        }
        members = std::move(next);
        down = std::move(next_down);
        load = std::move(next_load);
    }
    bool eligible(std::size_t i, std::uint64_t rejected) const {
        return members[i].weight > 0 && !down[i] && (rejected >> i & 1U) == 0;
    }
};

template <class Selector>
class driver {
  public:
    explicit driver(fuzz::input& in) : in_(in) {}

    void operate() {
        const std::uint8_t operation = in_.byte();
        const std::size_t i = belief_.members.empty() ? 0 : in_.byte() % belief_.members.size();
        const auto where = static_cast<slot>(i);
        switch (operation % 8) {
        case 0: return assign();
        case 1: return set_down(i, true);
        case 2: return set_down(i, false);
        case 3: return count(where, true);
        case 4: return count(where, false);
        case 5:
            if constexpr (poise::failure_aware_selector<Selector>) selector_.failed(where);
            return;
        default: break;
        }
        const std::uint64_t key = in_.word();
        const std::uint64_t first = in_.byte();
        const std::uint64_t others = in_.byte();
        select(key, first | others << 8U, operation);
    }

  private:
    void assign() {
        std::vector<poise::member> next;
        for (std::size_t n = in_.byte() % (most_members + 1); n > 0; --n) {
            const std::uint8_t id = in_.byte() % 32;
            const std::uint8_t weight = in_.byte();
            const bool known = std::ranges::find(next, id, &poise::member::id) != next.end();
            if (!known) next.push_back({.id = id, .weight = weight % 4U == 0 ? weight / 4U : weight % 4U});
        }
        selector_.assign(next);
        belief_.assign(std::move(next));
        require(std::ranges::equal(selector_.members(), belief_.members), "the members are those assigned");
    }
    void set_down(std::size_t i, bool down) {
        down ? selector_.disable(static_cast<slot>(i)) : selector_.enable(static_cast<slot>(i));
        if (i < belief_.down.size()) belief_.down[i] = down;
    }
    void count(slot where, bool opens) {
        const auto i = static_cast<std::size_t>(where);
        if (i < belief_.load.size()) {
            if (opens) ++belief_.load[i];
            if (!opens && belief_.load[i] > 0) --belief_.load[i];
        }
        if constexpr (poise::connection_counting_selector<Selector>) {
            opens ? selector_.opened(where) : selector_.closed(where);
            if (i < belief_.load.size()) require(selector_.connections(where) == belief_.load[i], "counts are exact");
        }
    }

    template <class Accept>
    std::optional<slot> chosen(std::uint64_t key, const Accept& accept) {
        if constexpr (poise::load_selector<Selector>) {
            return selector_.select([this](slot s) { return belief_.load[static_cast<std::size_t>(s)]; }, accept);
        } else if constexpr (poise::keyed_selector<Selector> && poise::keyless_selector<Selector>) {
            return key % 2 == 0 ? selector_.select(poise::key_hash{key}, accept) : selector_.select(accept);
        } else if constexpr (poise::keyed_selector<Selector>) {
            return selector_.select(poise::key_hash{key}, accept);
        } else {
            return selector_.select(accept);
        }
    }

    void select(std::uint64_t key, std::uint64_t rejected, std::uint8_t how) {
        std::vector<std::uint64_t> ids;
        bool anybody = false;
        for (std::size_t i = 0; i < belief_.members.size(); ++i) {
            if ((rejected >> i & 1U) != 0) ids.push_back(belief_.members[i].id);
            anybody = anybody || belief_.eligible(i, rejected);
        }
        const auto predicate = [rejected](slot s) {
            return (rejected >> static_cast<std::uint32_t>(s) & 1U) == 0;
        };
        const auto choice = how % 2 == 0 ? chosen(key, predicate) : chosen(key, poise::except(ids));
        require(choice.has_value() == anybody, "there is a choice whenever anybody may be chosen");
        if (!choice) return;
        const auto index = static_cast<std::size_t>(*choice);
        require(index < belief_.members.size() && belief_.eligible(index, rejected), "a choice may be chosen");
        if constexpr (poise::load_selector<Selector> || poise::connection_counting_selector<Selector>) {
            for (std::size_t i = 0; i < belief_.members.size(); ++i) {
                if (!belief_.eligible(i, rejected)) continue;
                require(belief_.load[index] * belief_.members[i].weight <=
                            belief_.load[i] * belief_.members[index].weight,
                        "nobody has less to do for its weight");
            }
        } else if constexpr (poise::shareable_selector<Selector>) {
            const auto free = chosen(key, poise::accept_all{});
            const bool was_rejected = !predicate(*free);
            require(was_rejected || free == choice, "only the keys of the rejected go elsewhere");
            require(chosen(key, predicate) == choice, "equal keys go to the same member");
        }
    }

    fuzz::input& in_;
    Selector selector_;
    belief belief_;
};

template <poise::ties Ties>
struct with_ties : poise::least_connections {
    with_ties() : poise::least_connections({.ties = Ties}) {}
};

template <class Selector>
void drive(fuzz::input& in) {
    driver<Selector> driven(in);
    while (!in.empty()) driven.operate();
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    switch (in.byte() % 14) {
    case 0: drive<poise::least_connections>(in); break;
    case 1: drive<poise::least_loaded>(in); break;
    case 2: drive<poise::basic_least_loaded<poise::ties::first>>(in); break;
    case 3: drive<poise::basic_least_loaded<poise::ties::random>>(in); break;
    case 4: drive<poise::modulo_hash>(in); break;
    case 5: drive<poise::haproxy_ring>(in); break;
    case 6: drive<poise::ketama_ring>(in); break;
    case 7: drive<poise::keyed_or<poise::modulo_hash>>(in); break;
    case 8: drive<poise::keyed_or<poise::haproxy_ring>>(in); break;
    case 9: drive<poise::keyed_or<poise::ketama_ring, poise::smooth_weighted_round_robin>>(in); break;
    case 10: drive<with_ties<poise::ties::first>>(in); break;
    case 11: drive<with_ties<poise::ties::random>>(in); break;
    case 12: drive<poise::smooth_weighted_round_robin>(in); break;
    default: drive<poise::interleaved_weighted_round_robin>(in); break;
    }
    return 0;
}
