// SPDX-License-Identifier: MIT
// The least that each concept asks for: small selectors that a user might have written, and a health layer.
#ifndef POISE_TESTS_SUPPORT_ARCHETYPES_HPP
#define POISE_TESTS_SUPPORT_ARCHETYPES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include <poise/poise.hpp>

namespace test {

/// A membership as a user would write it, counting what reaches it.
class plain_selector {
  public:
    void assign(std::span<const poise::member> members) {
        if (members.size() > most) throw std::runtime_error("more members than the selector wants");
        std::vector<poise::member> next(members.begin(), members.end());
        down_.resize(next.size(), false);
        members_ = std::move(next);
        ++assigns;
    }
    std::size_t size() const noexcept { return members_.size(); }
    std::span<const poise::member> members() const noexcept { return members_; }
    void reset() noexcept {}
    void disable(poise::slot where) noexcept { down_[static_cast<std::size_t>(where)] = true; }
    void enable(poise::slot where) noexcept { down_[static_cast<std::size_t>(where)] = false; }
    bool operator==(const plain_selector&) const = default;

    int assigns = 0;
    std::size_t most = 1000;

  protected:
    template <class Accept>
    bool eligible(std::size_t index, const Accept& accept) const noexcept {
        return members_[index].weight > 0 && !down_[index] && accept(static_cast<poise::slot>(index));
    }

  private:
    std::vector<poise::member> members_;
    std::vector<bool> down_;
};

/// Keyless: the first that may be chosen. Its accept is only a predicate over slots.
class first_selector : public plain_selector {
  public:
    template <poise::slot_predicate Accept = poise::accept_all>
    std::optional<poise::slot> select(const Accept& accept = {}) const noexcept {
        for (std::size_t i = 0; i < size(); ++i) {
            if (eligible(i, accept)) return static_cast<poise::slot>(i);
        }
        return std::nullopt;
    }
};

/// Keyed: where the key points to, or the next that may be chosen.
class modulo_selector : public plain_selector {
  public:
    template <poise::slot_predicate Accept = poise::accept_all>
    std::optional<poise::slot> select(poise::key_hash key, const Accept& accept = {}) const noexcept {
        for (std::size_t i = 0; i < size(); ++i) {
            const std::size_t at = (static_cast<std::uint64_t>(key) + i) % size();
            if (eligible(at, accept)) return static_cast<poise::slot>(at);
        }
        return std::nullopt;
    }
};

/// By load: the least loaded, the first among equals.
class least_selector : public plain_selector {
  public:
    template <poise::slot_load Load, poise::slot_predicate Accept = poise::accept_all>
    std::optional<poise::slot> select(const Load& load, const Accept& accept = {}) const noexcept {
        std::optional<poise::slot> best;
        for (std::size_t i = 0; i < size(); ++i) {
            const auto where = static_cast<poise::slot>(i);
            if (eligible(i, accept) && (!best || load(where) < load(*best))) best = where;
        }
        return best;
    }
};

/// Counts connections and failures itself, by id, and says who has heard what.
class counting_selector : public first_selector {
  public:
    void opened(poise::slot where) noexcept { ++open[id_at(where)]; }
    void closed(poise::slot where) noexcept { --open[id_at(where)]; }
    void failed(poise::slot where) noexcept { ++failures[id_at(where)]; }
    void succeeded(poise::slot where) noexcept { ++successes[id_at(where)]; }
    bool operator==(const counting_selector&) const = default;

    std::map<std::uint64_t, int> open;
    std::map<std::uint64_t, int> failures;
    std::map<std::uint64_t, int> successes;

  private:
    std::uint64_t id_at(poise::slot where) const noexcept { return members()[static_cast<std::size_t>(where)].id; }
};

/// Unhealthy from the second failure on, until `rest` later.
class two_strikes {
  public:
    static constexpr int rest = 10;

    void assign(std::span<const poise::member> members) {
        if (members.size() > most) throw std::runtime_error("more members than the health layer wants");
        std::vector<record> next;
        for (const poise::member& m : members) {
            const auto old = std::ranges::find(records_, m.id, &record::id);
            next.push_back(old == records_.end() ? record{.id = m.id} : *old);
        }
        records_ = std::move(next);
    }
    bool healthy(poise::slot where) const noexcept {
        const record& r = records_[static_cast<std::size_t>(where)];
        return r.strikes < 2 || now_ >= r.until;
    }
    void selected(poise::slot where) noexcept { ++records_[static_cast<std::size_t>(where)].selections; }
    void finished(poise::slot where, poise::outcome how) noexcept {
        record& r = records_[static_cast<std::size_t>(where)];
        if (how == poise::outcome::success) r.strikes = 0;
        if (how != poise::outcome::failure) return;
        ++r.strikes;
        r.until = now_ + rest;
    }
    bool advance(int now) noexcept {
        now_ = now;
        return true;
    }
    int selections(std::size_t index) const { return records_.at(index).selections; }
    bool operator==(const two_strikes&) const = default;

    std::size_t most = 1000;

  private:
    struct record {
        std::uint64_t id = 0;
        int strikes = 0;
        int until = 0;
        int selections = 0;
        bool operator==(const record&) const = default;
    };
    std::vector<record> records_;
    int now_ = 0;
};

} // namespace test

#endif
