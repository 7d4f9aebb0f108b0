// SPDX-License-Identifier: MIT
#include "server.hpp"

#include <csignal>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "session.hpp"
#include "tcp_session.hpp"

namespace proxy {

server::server(asio::io_context& context, const options& chosen)
    : context_(context),
      options_(chosen),
      acceptor_(listen(chosen.listen)),
      signals_(context, SIGTERM, SIGINT),
      servers_(chosen.balance.selector) {
    try {
        servers_.change([&](auto& draft) {
            std::size_t place = 0;
            for (const server_option& s : chosen.servers) {
                upstream one(s.at.text(), resolve("--server", s.at));
                const std::uint64_t id = id_of(chosen.balance, one.name(), one.address(), place++);
                draft.add(std::move(one), {.id = id, .weight = s.weight});
            }
        });
    } catch (const std::invalid_argument& e) {
        throw usage_error(std::string("--server: ") + e.what());
    }
}

void server::run() {
    asio::co_spawn(context_, accept(), asio::detached);
    asio::co_spawn(context_, tick(), asio::detached);
    signals_.async_wait([this](error_code ec, int) {
        if (!ec) drain();
    });
    const tcp::endpoint at = acceptor_.local_endpoint();
    std::cout << "listening on " << host_port{at.address().to_string(), at.port()}.text() << '\n' << std::flush;
    context_.run();
}

server::acceptor server::listen(const host_port& at) {
    try {
        return {context_.get_executor(), resolve("--listen", at)};
    } catch (const boost::system::system_error& e) {
        throw usage_error("--listen " + at.text() + ": expected a free address of this machine (" + e.code().message() +
                          ")");
    }
}

tcp::endpoint server::resolve(const std::string& option, const host_port& at) {
    tcp::resolver resolver(context_);
    error_code ec;
    const auto found = resolver.resolve(at.host, std::to_string(at.port), tcp::resolver::numeric_service, ec);
    if (ec || found.empty())
        throw usage_error(option + " " + at.text() + ": expected a host that resolves (" + ec.message() + ")");
    return found.begin()->endpoint();
}

task<void> server::accept() {
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

task<void> server::serve(socket_type client) {
    const std::unique_ptr<served> here = session_with(std::move(client));
    sessions_.insert(here.get());
    co_await here->run();
    sessions_.erase(here.get());
    if (draining_ && sessions_.empty()) context_.stop();
}

std::unique_ptr<served> server::session_with(socket_type client) {
    if (options_.mode == forwards::bytes) return std::make_unique<tcp_session>(std::move(client), options_, servers_);
    return std::make_unique<session>(std::move(client), options_, servers_);
}

// One timer for everybody's deadlines: they are coarse, and a request then costs none. Asking the system who has
// closed a connection costs a call each, so that is done more rarely.
task<void> server::tick() {
    timer look(context_.get_executor());
    for (unsigned ticks = 0;; ++ticks) {
        look.expires_after(std::chrono::milliseconds(25));
        co_await look.async_wait(as_result);
        const clock::time_point now = clock::now();
        for (served* s : sessions_) s->look_at_clock(now);
        if (draining_ && now >= end_of_patience_) context_.stop();
        if (ticks % 10 != 0) continue;
        servers_.advance(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()));
        for (served* s : sessions_) s->look_at_client(now);
        for (const poise::member& m : servers_.members()) servers_.find(m.id)->get().drop_closed();
    }
}

void server::drain() {
    error_code ignored;
    acceptor_.close(ignored);
    draining_ = true;
    end_of_patience_ = clock::now() + options_.drain_timeout;
    for (served* s : sessions_) s->drain();
    if (sessions_.empty()) context_.stop();
}

} // namespace proxy
