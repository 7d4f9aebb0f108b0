// SPDX-License-Identifier: MIT
// The head of a message: where it ends, whether it is clean, what it says. Beast's basic_parser parses and later
// frames the body; where it is laxer than a proxy may be, the check stands here.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include "net.hpp"

namespace proxy {

namespace http = boost::beast::http;

inline constexpr std::size_t max_head = std::size_t{16} * 1024;

/// Looks for the empty line that ends a head, over as many reads as it takes.
class head_scanner {
  public:
    enum class state { more, complete, malformed, too_large };

    /// `bytes` is all that has been read so far, from the start of the head.
    state scan(std::string_view bytes) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return scanned_; }     ///< of the complete head
    [[nodiscard]] bool in_first_line() const noexcept { return line_ == 0; } ///< no line has ended yet

  private:
    std::size_t scanned_ = 0;
    std::size_t line_ = 0; // where the current line starts
};

/// No control bytes but the ends of lines, and no folded lines.
bool is_clean(std::string_view lines);

/// Whether a field may come behind a body: none that says how to frame, route or trust a message.
bool may_trail(http::field known, std::string_view name);

struct field {
    http::field known; // http::field::unknown for all others
    std::string_view name;
    std::string_view value;
};

/// A parser that remembers the head as views into the caller's bytes and then tells how far the body goes.
template <bool is_request>
class message_parser final : public http::basic_parser<is_request> {
    using text = boost::beast::string_view;

  public:
    message_parser() {
        this->header_limit(max_head + 1);
        this->body_limit(boost::none);
    }

    /// Parses a complete head. The views below live as long as its bytes stay where they are.
    error_code parse_head(std::string_view bytes) {
        error_code ec;
        this->put(asio::buffer(bytes.data(), bytes.size()), ec);
        this->eager(true);
        return ec;
    }
    /// How many of the bytes behind those parsed before belong to this message's body.
    std::size_t parse_body(std::string_view bytes, error_code& ec) {
        ec = {};
        if (this->is_done() || bytes.empty()) return 0;
        // Beast asserts that no body comes as "0\r\n" and then one byte; none is shorter than "0\r\n\r\n".
        if (this->chunked() && !has_chunks_ && bytes.size() < 5) return 0;
        between_data_ = bytes.data();
        const std::size_t n = this->put(asio::buffer(bytes.data(), bytes.size()), ec);
        if (ec == http::error::need_more) ec = {};
        if (!ec && this->chunked()) check_until(bytes.data() + n, ec);
        return n;
    }
    /// The chunk's data is parsed, the end of its line is not: Beast takes that with the next chunk's head.
    [[nodiscard]] bool owes_line_end() const { return owes_line_end_; }

    http::verb method = http::verb::unknown;
    std::string_view method_text;
    std::string_view target;
    unsigned status = 0;
    std::string_view reason;
    int version = 11;
    std::vector<field> fields;

  private:
    void on_request_impl(http::verb verb, text verb_text, text request_target, int v, error_code&) override {
        method = verb;
        method_text = verb_text;
        target = request_target;
        version = v;
    }
    void on_response_impl(int code, text phrase, int v, error_code&) override {
        status = static_cast<unsigned>(code);
        reason = phrase;
        version = v;
    }
    void on_field_impl(http::field known, text name, text value, error_code& ec) override {
        if (!this->is_header_done()) {
            fields.push_back({known, name, value});
        } else if (!may_trail(known, name)) {
            ec = http::error::bad_field;
        }
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(text body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, text, error_code&) override {
        has_chunks_ = true;
        owes_line_end_ = false;
    }
    std::size_t on_chunk_body_impl(std::uint64_t left, text body, error_code& ec) override {
        check_until(body.data(), ec);
        between_data_ = body.data() + body.size();
        owes_line_end_ = body.size() == left;
        return body.size();
    }
    void on_finish_impl(error_code&) override {}

    // Beast reads chunk heads and trailers more laxly than others do, so they are held to what a head is held to.
    void check_until(const char* end, error_code& ec) {
        if (!is_clean({between_data_, static_cast<std::size_t>(end - between_data_)})) ec = http::error::bad_chunk;
    }

    const char* between_data_ = nullptr; // where the last data ended, in the bytes being parsed
    bool has_chunks_ = false;
    bool owes_line_end_ = false;
};

using request_parser = message_parser<true>;
using response_parser = message_parser<false>;

/// Where a request goes: an absolute target names its host, which then counts instead of the Host field.
struct destination {
    std::string_view host;  ///< of an absolute target, else empty
    std::string_view slash; ///< "/" where an absolute target has no path
    std::string_view path;
};
destination destination_of(const request_parser& request);

/// The status with which a request is refused, none if it is fit to be forwarded. `head` are its bytes, `ec` what
/// parsing them gave.
std::optional<http::status> refusal(std::string_view head, const request_parser& request, error_code ec);

/// Whether a response is one that can be forwarded without doubt where it ends.
bool is_sound(std::string_view head, const response_parser& response, error_code ec);

} // namespace proxy
