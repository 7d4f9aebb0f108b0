// SPDX-License-Identifier: MIT
// What a pool chooses, for the tests that ask nginx and HAProxy the same. Reads a command a line, answers with a line:
//   pool ALGORITHM OPTION=N...         a new, empty one
//   members ID:WEIGHT:MAX_FAILS:FAIL_TIMEOUT:MAX_CONNS:BACKUP ...
//   advance SECONDS                    the time, for nginx's passive health
//   acquire KEY TRIED                  KEY is "-" or KIND:HEX (kinds below), TRIED "-" or ID,ID
//                                      -> the number of the lease and the member's id, or "none"
//   finish LEASE success|failure
//   tally REQUESTS                     so many without a key, each over before the next -> ID:COUNT ...
//   ketama SERVER PLACE                -> its id
#include <algorithm>
#include <charconv>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poise/poise.hpp>

namespace {

using poise::key_hash;

std::vector<std::string> split(const std::string& text, char by) {
    std::istringstream stream(text);
    std::vector<std::string> parts;
    for (std::string part; std::getline(stream, part, by);) {
        if (!part.empty()) parts.push_back(part);
    }
    return parts;
}

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size()) {
        throw std::runtime_error("not a number: " + std::string(text));
    }
    return value;
}

std::string from_hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        unsigned value = 0;
        std::from_chars(digits.data() + i, digits.data() + i + 2, value, 16);
        bytes.push_back(static_cast<char>(value));
    }
    return bytes;
}

std::span<const std::uint8_t> numbers(const std::string& bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

template <class Selector>
std::optional<key_hash> key_of(const std::string& text) {
    if (text == "-") return std::nullopt;
    const std::size_t colon = text.find(':');
    const std::string kind = text.substr(0, colon);
    const std::string bytes = from_hex(text.substr(colon + 1));
    // of the target of a request, the parameter k
    const auto argument = kind == "arg" ? poise::keys::url_param("k")(bytes) : std::optional<std::string_view>(bytes);
    if (!argument) return std::nullopt;
    if constexpr (requires { Selector::hashes_addresses; }) {
        return poise::ip_hash::key(numbers(bytes));
    } else if constexpr (requires { Selector::hashes_text; }) {
        return poise::nginx_hash::key(*argument);
    } else if (kind == "arg" || kind == "crc32") {
        if (argument->empty()) return std::nullopt; // for nginx, an empty key is none
        return poise::hashed(*argument, poise::hashes::crc32{});
    } else if (kind == "source" || kind == "source+avalanche") {
        const auto address = poise::keys::source()(numbers(bytes));
        if (!address) return std::nullopt;
        const std::uint32_t hash = poise::hashes::xor_words{}(*address);
        return key_hash{kind == "source" ? hash : poise::hashes::avalanche(hash)};
    } else if (kind == "sdbm") {
        return poise::hashed(bytes, poise::hashes::sdbm{});
    } else if (kind == "sdbm+avalanche") {
        return poise::hashed(bytes, poise::hashes::avalanched<poise::hashes::sdbm>{});
    } else if (kind == "mstshash" || kind == "msts") {
        const auto cookie = poise::keys::rdp_cookie(kind)(bytes);
        return cookie ? std::optional(poise::hashed(*cookie, poise::hashes::sdbm{})) : std::nullopt;
    } else {
        throw std::runtime_error("not a kind of key: " + kind);
    }
}

struct member_line {
    poise::member as;
    poise::nginx_passive::limits limits;
    std::uint64_t max_conns;
    bool backup;
};

class player {
  public:
    virtual ~player() = default;
    virtual void members(std::vector<member_line> lines) = 0;
    virtual void advance(std::uint64_t seconds) = 0;
    virtual std::string acquire(const std::string& key, const std::vector<std::uint64_t>& tried) = 0;
    virtual void finish(std::uint64_t lease, poise::outcome how) = 0;
    virtual std::string tally(std::uint64_t requests) = 0;
};

/// `Selector` has a constructor for `wanted`; the pool is made when its first members are known, as a health layer and
/// backups are made for them.
template <class Selector, class Health>
class pool_player final : public player {
    using pool = poise::pool<std::uint64_t, Selector, Health>;

  public:
    using maker = std::function<Selector(const std::vector<std::uint64_t>& backups)>;
    explicit pool_player(maker make) : make_(std::move(make)) {}

    void members(std::vector<member_line> lines) override {
        std::vector<std::pair<std::uint64_t, poise::member>> everyone;
        std::vector<std::uint64_t> backups;
        poise::nginx_passive::options limits;
        limits_.clear();
        for (const member_line& line : lines) {
            everyone.emplace_back(line.as.id, line.as);
            if (line.backup) backups.push_back(line.as.id);
            limits.each.emplace_back(line.as.id, line.limits);
            limits_.push_back(line.max_conns);
        }
        if (!pool_) {
            if constexpr (std::same_as<Health, poise::nginx_passive>) {
                pool_.emplace(make_(backups), Health(limits));
            } else {
                pool_.emplace(make_(backups), Health{});
            }
        }
        pool_->assign(std::move(everyone));
    }
    void advance(std::uint64_t seconds) override {
        pool_->advance(std::chrono::seconds(static_cast<std::chrono::seconds::rep>(seconds)));
    }
    std::string acquire(const std::string& key, const std::vector<std::uint64_t>& tried) override {
        auto lease = taken(key_of<Selector>(key), tried);
        if (!lease) return "none";
        const std::uint64_t id = lease->id();
        leases_.emplace(++last_, std::move(*lease));
        return std::to_string(last_) + " " + std::to_string(id);
    }
    void finish(std::uint64_t lease, poise::outcome how) override {
        leases_.at(lease).finish(how);
        leases_.erase(lease);
    }

    std::string tally(std::uint64_t requests) override {
        std::map<std::uint64_t, std::uint64_t> counts;
        for (std::uint64_t i = 0; i < requests; ++i) {
            auto lease = taken(std::nullopt, {});
            ++counts[lease->id()];
            lease->finish(poise::outcome::success);
        }
        std::string text;
        for (const auto& [id, count] : counts) text += std::to_string(id) + ":" + std::to_string(count) + " ";
        return text;
    }

  private:
    std::optional<poise::lease<std::uint64_t>> taken(std::optional<key_hash> key,
                                                     const std::vector<std::uint64_t>& tried) {
        const auto limited = [this](poise::slot where) {
            const auto i = static_cast<std::size_t>(where);
            return limits_[i] == 0 || pool_->in_flight(pool_->members()[i].id) < limits_[i];
        };
        const bool unlimited = std::ranges::all_of(limits_, [](std::uint64_t limit) { return limit == 0; });
        const auto with = [&](const auto& accept) {
            if constexpr (poise::keyed_selector<Selector>) {
                if (key) return pool_->acquire(*key, accept);
            }
            if constexpr (poise::keyless_selector<Selector>) {
                return pool_->acquire(accept);
            } else {
                throw std::runtime_error("it needs a key");
                return pool_->acquire(key_hash{}, accept);
            }
        };
        return unlimited ? with(poise::except(tried)) : with(poise::except(tried).within(limited));
    }

    maker make_;
    std::optional<pool> pool_;
    std::vector<std::uint64_t> limits_; // by slot: 0 is none
    std::map<std::uint64_t, poise::lease<std::uint64_t>> leases_;
    std::uint64_t last_ = 0;
};

struct text_hash : poise::nginx_hash {
    static constexpr bool hashes_text = true;
    using poise::nginx_hash::nginx_hash;
};
struct address_hash : poise::ip_hash {
    static constexpr bool hashes_addresses = true;
    using poise::ip_hash::ip_hash;
};

using options = std::map<std::string, std::uint64_t>;

std::uint32_t option(const options& given, const std::string& name, std::uint32_t otherwise) {
    const auto found = given.find(name);
    return found == given.end() ? otherwise : static_cast<std::uint32_t>(found->second);
}

template <class Selector, class Health>
std::unique_ptr<player> plain(Selector selector = {}) {
    return std::make_unique<pool_player<Selector, Health>>(
        [selector](const std::vector<std::uint64_t>&) { return selector; });
}
template <class Selector>
std::unique_ptr<player> backed_up(Selector selector = {}) {
    using whole = poise::with_backup<Selector>;
    return std::make_unique<pool_player<whole, poise::nginx_passive>>(
        [selector](const std::vector<std::uint64_t>& backups) { return whole({.backups = backups}, selector); });
}

std::unique_ptr<player> made(const std::string& name, const options& given) {
    using namespace poise;
    const std::uint32_t draws = option(given, "draws", 2);
    const std::uint32_t seed = option(given, "seed", 0);
    if (name == "nginx") return backed_up<smooth_weighted_round_robin>();
    if (name == "nginx_least_conn") return backed_up<least_connections>();
    if (name == "nginx_hash") return plain<text_hash, nginx_passive>();
    if (name == "nginx_consistent_hash") return plain<nginx_consistent_hash, nginx_passive>();
    if (name == "ip_hash") return plain<address_hash, nginx_passive>();
    if (name == "nginx_random") {
        return plain<nginx_random, nginx_passive>(nginx_random({.draws = draws, .seed = seed}));
    }
    if (name == "roundrobin") return plain<fast_weighted_round_robin, always_healthy>();
    const std::uint32_t divisor = option(given, "divisor", 0);
    if (name == "static-rr") {
        return plain<static_round_robin, always_healthy>(static_round_robin({.divisor = divisor}));
    }
    if (name == "leastconn") return plain<least_connections, always_healthy>(least_connections({.ties = ties::fifo}));
    if (name == "first") return plain<first_available, always_healthy>();
    if (name == "random") return plain<random_draws, always_healthy>(random_draws({.draws = draws, .seed = seed}));
    if (name == "map-based") {
        using table = keyed_or<modulo_hash>;
        return plain<table, always_healthy>(table(modulo_hash({.divisor = divisor})));
    }
    if (name == "consistent") return plain<keyed_or<haproxy_ring>, always_healthy>();
    if (name == "bounded") {
        using bounded = bounded_load<keyed_or<haproxy_ring>>;
        return plain<bounded, always_healthy>(bounded({.balance_factor = option(given, "factor", 125)}));
    }
    throw std::runtime_error("no algorithm " + name);
}

member_line read_member(const std::string& text) {
    const std::vector<std::string> parts = split(text, ':');
    if (parts.size() != 6) throw std::runtime_error("not a member: " + text);
    std::vector<std::uint64_t> n;
    for (const std::string& part : parts) n.push_back(number(part));
    const auto timeout = std::chrono::seconds(static_cast<std::chrono::seconds::rep>(n[3]));
    return {.as = {.id = n[0], .weight = static_cast<std::uint32_t>(n[1])},
            .limits = {.max_fails = static_cast<std::uint32_t>(n[2]), .fail_timeout = timeout},
            .max_conns = n[4],
            .backup = n[5] != 0};
}

std::string answer(std::unique_ptr<player>& now, const std::string& line) {
    const std::vector<std::string> words = split(line, ' ');
    const std::string& what = words.at(0);
    if (what == "pool") {
        options given;
        for (std::size_t i = 2; i < words.size(); ++i) {
            const std::size_t equals = words[i].find('=');
            given[words[i].substr(0, equals)] = number(std::string_view(words[i]).substr(equals + 1));
        }
        now = made(words.at(1), given);
    } else if (what == "members") {
        std::vector<member_line> lines;
        for (std::size_t i = 1; i < words.size(); ++i) lines.push_back(read_member(words[i]));
        now->members(std::move(lines));
    } else if (what == "advance") {
        now->advance(number(words.at(1)));
    } else if (what == "acquire") {
        std::vector<std::uint64_t> tried;
        if (words.at(2) != "-") {
            for (const std::string& id : split(words[2], ',')) tried.push_back(number(id));
        }
        return now->acquire(words.at(1), tried);
    } else if (what == "finish") {
        now->finish(number(words.at(1)), words.at(2) == "success" ? poise::outcome::success : poise::outcome::failure);
    } else if (what == "tally") {
        return now->tally(number(words.at(1)));
    } else if (what == "ketama") {
        return std::to_string(poise::ketama_id(words.at(1), static_cast<std::uint32_t>(number(words.at(2)))));
    } else {
        throw std::runtime_error("no command " + what);
    }
    return "ok";
}

} // namespace

int main() {
    std::unique_ptr<player> now;
    for (std::string line; std::getline(std::cin, line);) {
        try {
            std::cout << answer(now, line) << std::endl;
        } catch (const std::exception& error) {
            std::cout << "error: " << error.what() << std::endl;
        }
    }
}
