// SPDX-License-Identifier: MIT
// A client's connection, request by request; and for each request, server by server until one answers.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <poise/lease.hpp>
#include <poise/pool.hpp>

#include "exchange.hpp"
#include "options.hpp"

namespace proxy {

/// What all sessions have, whatever the selector: the client's side.
class session_base {
  public:
    session_base(socket_type accepted, const options& chosen) : client_(std::move(accepted)), options_(chosen) {}
    session_base(const session_base&) = delete;
    session_base& operator=(const session_base&) = delete;
    virtual ~session_base() = default;

    /// Serves the client until one of the two has enough.
    task<void> run();

    /// Interrupts what is waited for if that has lasted too long.
    void look_at_clock(clock::time_point now);
    /// Interrupts what is waited for if the client has left meanwhile.
    void look_at_client(clock::time_point now);
    /// No further request: now if the client is between two, else after this one.
    void drain();

  protected:
    /// Finds the request an answer. Empty when the client has it, else the status to tell instead.
    virtual task<std::optional<http::status>> forward(request& what) = 0;

    /// One server's turn, over the warmest connection that it has, or else over a new one; `link` is that.
    task<verdict> ask(upstream& server, request& what, std::unique_ptr<connection>& link);
    /// What to tell the client where the server is not to blame.
    static std::optional<http::status> unless_servers_fault(verdict how);

    client client_;
    const options& options_;
    deadline until_;
    bool server_can_go_on_ = false;

  private:
    /// Empty when `link` is connected, else why it is not.
    task<std::optional<verdict>> connect(const tcp::endpoint& address, std::unique_ptr<connection>& link);
    task<verdict> try_on(connection& server, request& what);
    task<bool> read_head(head_scanner& scanner);
    task<void> serve_one(std::size_t head_size);
    task<void> refuse(http::status status, bool bodyless);
    task<void> linger();
    void interrupt();

    socket_type* connecting_or_connected_ = nullptr;
    exchange* current_ = nullptr;
    bool reading_head_ = false;
    bool idle_ = true;      // no byte of a request has come
    bool last_ = false;     // close after this response
    bool draining_ = false; // the proxy is about to end
    bool unread_ = false;   // the client still has some of its body to send
};

/// A session that chooses servers by a pool's selector.
template <class Pool>
class session final : public session_base {
  public:
    session(socket_type accepted, const options& chosen, Pool& servers)
        : session_base(std::move(accepted), chosen),
          servers_(servers) {}

  private:
    task<std::optional<http::status>> forward(request& what) override {
        tried_.clear();
        http::status status = http::status::service_unavailable; // nobody left, and nobody was reached
        while (auto lease = choose(what)) {
            tried_.push_back(lease->id());
            upstream& server = **lease;
            std::unique_ptr<connection> link;
            const verdict how = co_await ask(server, what, link);
            if (how == verdict::answered) {
                lease->finish(poise::outcome::success);
                if (server_can_go_on_) server.keep_idle(std::move(link));
                co_return std::nullopt;
            }
            if (const auto last_word = unless_servers_fault(how)) co_return last_word;
            server.drop_idle();
            lease->finish(poise::outcome::failure);
            if (how == verdict::cut) co_return std::nullopt;
            if (how == verdict::unreachable) continue;
            status = how == verdict::late ? http::status::gateway_timeout : http::status::bad_gateway;
            if (how == verdict::invalid || !what.can_be_sent_again()) break;
        }
        co_return status;
    }

    // By the key if the algorithm goes by keys and the request has one.
    auto choose(const request& what) {
        const poise::except not_again(tried_);
        if constexpr (requires { servers_.acquire(poise::key_hash{}, not_again); }) {
            if (what.key) return servers_.acquire(*what.key, not_again);
        }
        return servers_.acquire(not_again);
    }

    Pool& servers_;
    std::vector<std::uint64_t> tried_;
};

} // namespace proxy
