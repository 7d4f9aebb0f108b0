// SPDX-License-Identifier: MIT
#include "session.hpp"

#include <poll.h>

#include <boost/asio/write.hpp>

namespace proxy {

namespace {

constexpr std::size_t most_lingering = std::size_t{8} * 1024 * 1024;
constexpr std::chrono::seconds longest_lingering{2};

// How long a client that has closed its side may still be there, waiting for the answer: it cannot be told from one
// that has left.
constexpr std::chrono::seconds longest_half_closed{1};

enum class presence { there, half_closed, gone };

// Whatever it has sent beforehand and nobody has read yet.
presence look_for(socket_type& client) {
    pollfd asked{.fd = client.native_handle(), .events = POLLRDHUP, .revents = 0};
    if (::poll(&asked, 1, 0) <= 0) return presence::there;
    return (asked.revents & (POLLERR | POLLHUP)) != 0 ? presence::gone : presence::half_closed;
}

} // namespace

task<void> session::run() {
    error_code ec;
    client_.socket.set_option(tcp::no_delay(true), ec);
    const tcp::endpoint peer = client_.socket.remote_endpoint(ec);
    if (ec) co_return;
    client_.address = peer.address().to_string();
    peers_ = peers(peer, client_.socket.local_endpoint(ec));
    while (!last_ && client_.socket.is_open()) {
        head_scanner scanner;
        idle_ = true;
        reading_head_ = true;
        const bool read = co_await read_head(scanner);
        reading_head_ = false;
        if (!read) break;
        co_await serve_one(scanner.size());
    }
    if (client_.socket.is_open() && !draining_ && (unread_ || client_.in.size() > 0)) co_await linger();
    client_.socket.close(ec);
}

// False when the connection is over: closed, refused or, between two requests, of no more use.
task<bool> session::read_head(head_scanner& scanner) {
    until_.set(options_.idle_timeout);
    for (;;) {
        while (view(client_.in).starts_with("\r\n")) client_.in.consume(2); // some clients end a body so
        if (idle_ && client_.in.size() > 0) {
            idle_ = false;
            until_.set(options_.head_timeout);
        }
        switch (scanner.scan(view(client_.in))) {
        case head_scanner::state::complete: until_.clear(); co_return true;
        case head_scanner::state::malformed: co_await refuse(http::status::bad_request, false); co_return false;
        case head_scanner::state::too_large:
            co_await refuse(scanner.in_first_line() ? http::status::uri_too_long
                                                    : http::status::request_header_fields_too_large,
                            false);
            co_return false;
        case head_scanner::state::more: break;
        }
        if (draining_) co_return false;
        const auto [ec, n] = co_await client_.socket.async_read_some(
            client_.in.prepare(client_.in.max_size() - client_.in.size()), as_result);
        if (ec) {
            if (until_.expired && !idle_) co_await refuse(http::status::request_timeout, false);
            co_return false;
        }
        client_.in.commit(n);
    }
}

task<void> session::serve_one(std::size_t head_size) {
    request what;
    const std::string_view head = view(client_.in).substr(0, head_size);
    const error_code ec = what.parser.parse_head(head);
    const bool bodyless = what.parser.method == http::verb::head;
    if (const auto status = refusal(head, what.parser, ec)) co_return co_await refuse(*status, bodyless);
    last_ = draining_ || what.parser.version < 11 || !what.parser.keep_alive();
    what.expects_to_continue = asks_to_continue(what.parser);
    what.upgrade = asks_for_upgrade(what.parser);
    what.key = peers_.key(options_.balance.key, what.parser);
    write_request_head(what.head, what.parser, client_.address);
    client_.in.consume(head_size);
    if (!what.body.frame(what.parser, client_.in)) co_return co_await refuse(http::status::bad_request, bodyless);
    const std::optional<http::status> status = co_await forward(what);
    error_code ignored;
    what.body.all_sent();
    what.body.drop_sent(client_.in);
    unread_ = !what.complete();
    if (until_.client_left) client_.socket.close(ignored);
    if (!status || !client_.socket.is_open()) co_return;
    if (last_ || unread_) co_return co_await refuse(*status, bodyless);
    std::string response;
    write_own_response(response, *status, bodyless, after::keep);
    const auto [write_error, n] = co_await asio::async_write(client_.socket, asio::buffer(response), as_result);
    last_ = last_ || write_error;
}

// Says why, and that it is over.
task<void> session::refuse(http::status status, bool bodyless) {
    last_ = true;
    until_.set(longest_lingering);
    std::string response;
    write_own_response(response, status, bodyless, after::close);
    co_await asio::async_write(client_.socket, asio::buffer(response), as_result);
    co_await linger();
}

// Lets the client read what it was told: closing with unread bytes would reset the connection.
task<void> session::linger() {
    error_code ignored;
    client_.socket.shutdown(socket_type::shutdown_send, ignored);
    until_.set(longest_lingering);
    std::size_t dropped = 0;
    while (dropped < most_lingering) {
        client_.in.consume(client_.in.size());
        const auto [ec, n] =
            co_await client_.socket.async_read_some(client_.in.prepare(client_.in.max_size()), as_result);
        if (ec) break;
        dropped += n;
    }
    client_.socket.close(ignored);
}

task<std::optional<http::status>> session::forward(request& what) {
    tried_.clear();
    http::status status = http::status::service_unavailable;                 // nobody left, and nobody was reached
    while (auto lease = servers_.acquire(what.key, poise::except(tried_))) { // not again who was tried
        tried_.push_back(lease->id());
        std::unique_ptr<connection> link;
        const verdict how = co_await ask(*lease, what, link);
        if (how == verdict::answered) {
            lease->finish(poise::outcome::success);
            if (server_can_go_on_) idle_connections_.keep(lease->id(), std::move(link));
            co_return std::nullopt;
        }
        if (const auto last_word = unless_servers_fault(how)) co_return last_word;
        idle_connections_.drop(lease->id());
        lease->finish(poise::outcome::failure);
        if (how == verdict::cut) co_return std::nullopt;
        if (how == verdict::unreachable) continue;
        status = how == verdict::late ? http::status::gateway_timeout : http::status::bad_gateway;
        if (how == verdict::invalid || !what.can_be_sent_again()) break;
    }
    co_return status;
}

task<verdict> session::ask(const poise::lease<upstream>& server, request& what, std::unique_ptr<connection>& link) {
    link = idle_connections_.take(server.id());
    if (link) {
        const verdict how = co_await try_on(*link, what);
        if (how != verdict::no_answer) co_return how;
        // A server may close an idle connection at any time: that is no fault of its own.
        if (!what.can_be_sent_again()) co_return verdict::stale;
    }
    if (const auto failure = co_await connect(server->address(), link)) co_return *failure;
    co_return co_await try_on(*link, what);
}

std::optional<http::status> session::unless_servers_fault(verdict how) {
    switch (how) {
    case verdict::client_gone: return http::status::request_timeout;
    case verdict::client_bad: return http::status::bad_request;
    case verdict::stale: return http::status::bad_gateway;
    case verdict::exhausted: return http::status::service_unavailable;
    default: return std::nullopt;
    }
}

task<std::optional<verdict>> session::connect(const tcp::endpoint& address, std::unique_ptr<connection>& link) {
    link = std::make_unique<connection>(client_.socket.get_executor());
    until_.set(options_.connect_timeout);
    connecting_or_connected_ = &link->socket;
    const auto [ec] = co_await link->socket.async_connect(address, as_result);
    connecting_or_connected_ = nullptr;
    until_.clear();
    if (ec) co_return is_exhausted(ec) ? verdict::exhausted : verdict::unreachable;
    error_code ignored;
    link->socket.set_option(tcp::no_delay(true), ignored);
    co_return std::nullopt;
}

task<verdict> session::try_on(connection& server, request& what) {
    connecting_or_connected_ = &server.socket;
    exchange attempt(client_, server, what, until_, {options_.response_timeout, options_.idle_timeout},
                     last_ || draining_);
    current_ = &attempt;
    const verdict how = co_await attempt.run();
    current_ = nullptr;
    connecting_or_connected_ = nullptr;
    server_can_go_on_ = attempt.server_can_go_on();
    last_ = last_ || (how == verdict::answered && !attempt.client_can_go_on());
    if (how != verdict::answered && attempt.begun()) {
        error_code ignored; // what the client got is not all: a reset cannot be taken for the end of it
        client_.socket.set_option(asio::socket_base::linger(true, 0), ignored);
        client_.socket.close(ignored);
    }
    co_return how;
}

void session::look_at_clock(clock::time_point now) {
    if (now < until_.at) return;
    until_.expired = true;
    interrupt(); // again with every look, until somebody takes note: what is over just now cannot be interrupted
}

void session::look_at_client(clock::time_point now) {
    if (current_ == nullptr) return;
    current_->look_at_expectation(now);
    if (current_->writes_to_client()) return; // that will tell
    const presence client = look_for(client_.socket);
    if (client == presence::there) return;
    if (client == presence::half_closed && now < current_->last_told() + longest_half_closed) return;
    until_.client_left = true;
    interrupt();
}

void session::drain() {
    draining_ = true;
    if (reading_head_) interrupt();
}

void session::interrupt() {
    error_code ignored;
    client_.socket.cancel(ignored);
    if (connecting_or_connected_ != nullptr) connecting_or_connected_->cancel(ignored);
}

} // namespace proxy
