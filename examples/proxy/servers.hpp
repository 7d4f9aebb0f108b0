// SPDX-License-Identifier: MIT
// The servers behind the proxy, which its threads share: the pool, whatever chooses in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <poise/erasure.hpp>
#include <poise/lease.hpp>
#include <poise/shared/locked.hpp>
#include <poise/shared/shared_pool.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

#include "options.hpp"

namespace proxy {

/// A server: the Endpoint of the pool. No thread changes it.
class upstream {
  public:
    upstream(std::string name, tcp::endpoint address) : name_(std::move(name)), address_(std::move(address)) {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const tcp::endpoint& address() const noexcept { return address_; }

  private:
    std::string name_;
    tcp::endpoint address_;
};

class servers {
    // Any algorithm, behind a lock: exactly its choices, whichever thread asks.
    using locked_pool = poise::shared_pool<upstream, poise::locked<poise::any_selector>>;
    // smooth without a lock.
    using ticketed_pool = poise::shared_pool<upstream, poise::ticketed_weighted_round_robin>;

  public:
    /// Throws usage_error when a server cannot be had.
    explicit servers(const options& chosen);

    /// One thread's way to them.
    class handle {
      public:
        /// A server that is none of those, by the key if there is one; empty when there is none left.
        [[nodiscard]] std::optional<poise::lease<upstream>> acquire(const std::optional<poise::key_hash>& key,
                                                                    const poise::except& tried);

      private:
        friend servers;
        using way = std::variant<locked_pool::handle, ticketed_pool::handle>;
        explicit handle(way to) : way_(std::move(to)) {}
        way way_;
    };
    [[nodiscard]] handle subscribe() const;

    /// Tells the time to an algorithm that goes by it.
    void advance(std::chrono::seconds now);

  private:
    std::variant<locked_pool, ticketed_pool> pool_;
};

} // namespace proxy
