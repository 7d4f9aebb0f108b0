// SPDX-License-Identifier: MIT
#include "tcp_session.hpp"

#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/write.hpp>

#include "connection.hpp"

namespace proxy {

tcp_session::tcp_session(socket_type accepted, const options& chosen, servers::handle& all)
    : client_(std::move(accepted)),
      server_(client_.get_executor()),
      options_(chosen),
      servers_(all) {}

task<void> tcp_session::run() {
    using namespace asio::experimental::awaitable_operators;
    error_code ec;
    client_.set_option(tcp::no_delay(true), ec);
    const tcp::endpoint peer = client_.remote_endpoint(ec);
    if (ec) co_return;
    peers_ = peers(peer, client_.local_endpoint(ec));
    co_await read_first_bytes();
    auto lease = co_await connect();
    if (!lease) co_return reset(client_);
    until_.set(options_.idle_timeout);
    co_await (one_way(client_, server_, to_server_) && one_way(server_, client_, to_client_));
    lease->finish(broken_ ? poise::outcome::cancelled : poise::outcome::success);
    if (!broken_) co_return;
    reset(client_);
    reset(server_);
}

// Whoever does not say in time what he is balanced by is balanced without it.
task<void> tcp_session::read_first_bytes() {
    constexpr std::size_t most = 4096; // an RDP connection request has less
    if (options_.balance.key.needs() != poise::key_needs::first_bytes) co_return;
    until_.set(options_.head_timeout);
    while (to_server_.filled < most && options_.balance.key.wants_more({to_server_.bytes->data(), to_server_.filled})) {
        const auto [ec, n] = co_await client_.async_read_some(
            asio::buffer(to_server_.bytes->data() + to_server_.filled, most - to_server_.filled), as_result);
        to_server_.filled += n;
        if (ec) break; // an end is passed on later
    }
    until_.clear();
}

// To the first server that can be reached; none when none can.
task<std::optional<poise::lease<upstream>>> tcp_session::connect() {
    const auto key = peers_.key(options_.balance.key, std::string_view(to_server_.bytes->data(), to_server_.filled));
    std::vector<std::uint64_t> tried;
    for (;;) {
        auto lease = servers_.acquire(key, poise::except(tried));
        if (!lease) co_return std::nullopt;
        tried.push_back(lease->id());
        until_.set(options_.connect_timeout);
        const auto [ec] = co_await server_.async_connect((*lease)->address(), as_result);
        until_.clear();
        if (!ec) {
            error_code ignored;
            server_.set_option(tcp::no_delay(true), ignored);
            co_return lease;
        }
        error_code ignored;
        server_.close(ignored);
        if (is_exhausted(ec)) co_return std::nullopt; // the lease is forgotten: it was no fault of the server's
        lease->finish(poise::outcome::failure);
    }
}

task<void> tcp_session::one_way(socket_type& from, socket_type& to, buffer& through) {
    for (;;) {
        if (through.filled > 0) {
            const auto [ec, n] =
                co_await asio::async_write(to, asio::buffer(through.bytes->data(), through.filled), as_result);
            if (ec) { // nobody listens there any more; what is still to be read from there is read all the same
                broken_ = true;
                co_return;
            }
            through.filled = 0;
            until_.set(options_.idle_timeout);
        }
        const auto [ec, n] =
            co_await from.async_read_some(asio::buffer(through.bytes->data(), buffer::size), as_result);
        through.filled = n;
        if (ec == asio::error::eof) {
            error_code ignored; // half closed: the other way goes on
            to.shutdown(socket_type::shutdown_send, ignored);
            co_return;
        }
        if (ec) {
            broken_ = true;
            co_return reset(to);
        }
        until_.set(options_.idle_timeout);
    }
}

// An end that cannot be taken for an orderly one.
void tcp_session::reset(socket_type& which) {
    error_code ignored;
    which.set_option(asio::socket_base::linger(true, 0), ignored);
    which.close(ignored);
}

void tcp_session::look_at_clock(clock::time_point now) {
    if (now < until_.at) return;
    until_.expired = true;
    error_code ignored; // again with every look, until somebody takes note
    client_.cancel(ignored);
    server_.cancel(ignored);
}

} // namespace proxy
