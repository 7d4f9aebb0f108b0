// SPDX-License-Identifier: MIT
#include "worker.hpp"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "session.hpp"
#include "tcp_session.hpp"

namespace proxy {

worker::worker(const options& chosen, const servers& shared) : options_(chosen), servers_(shared.subscribe()) {}

void worker::run() {
    asio::co_spawn(context_, accept(), asio::detached);
    asio::co_spawn(context_, tick(), asio::detached);
    context_.run();
}

task<void> worker::accept() {
    for (;;) {
        auto [ec, client] = co_await acceptor_.async_accept(as_result);
        if (!acceptor_.is_open()) co_return;
        if (ec) { // out of descriptors, most likely: some will be free again
            timer pause(context_.get_executor());
            pause.expires_after(std::chrono::milliseconds(20));
            co_await pause.async_wait(as_result);
            continue;
        }
        asio::co_spawn(context_, serve(std::move(client)), asio::detached);
    }
}

task<void> worker::serve(socket_type client) {
    const std::unique_ptr<served> here = session_with(std::move(client));
    sessions_.insert(here.get());
    co_await here->run();
    sessions_.erase(here.get());
    if (draining_ && sessions_.empty()) context_.stop();
}

std::unique_ptr<served> worker::session_with(socket_type client) {
    if (options_.mode == forwards::bytes) return std::make_unique<tcp_session>(std::move(client), options_, servers_);
    return std::make_unique<session>(std::move(client), options_, servers_, idle_);
}

// One timer for everybody's deadlines: they are coarse, and a request then costs none. Asking the system who has
// closed a connection costs a call each, so that is done more rarely.
task<void> worker::tick() {
    timer look(context_.get_executor());
    for (unsigned ticks = 0;; ++ticks) {
        look.expires_after(std::chrono::milliseconds(25));
        co_await look.async_wait(as_result);
        const clock::time_point now = clock::now();
        for (served* s : sessions_) s->look_at_clock(now);
        if (draining_ && now >= end_of_patience_) context_.stop();
        if (ticks % 10 != 0) continue;
        for (served* s : sessions_) s->look_at_client(now);
        idle_.drop_closed();
    }
}

void worker::drain() {
    asio::post(context_, [this] { begin_to_drain(); });
}

void worker::begin_to_drain() {
    error_code ignored;
    acceptor_.close(ignored);
    draining_ = true;
    end_of_patience_ = clock::now() + options_.drain_timeout;
    for (served* s : sessions_) s->drain();
    if (sessions_.empty()) context_.stop();
}

} // namespace proxy
