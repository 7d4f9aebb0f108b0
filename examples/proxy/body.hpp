// SPDX-License-Identifier: MIT
// The part of a body that is in a buffer on its way through: parsed so far, ready to go, gone.
#pragma once

#include <algorithm>
#include <string_view>

#include "net.hpp"

namespace proxy {

inline std::string_view view(const buffer_type& buffer, std::size_t from = 0) {
    const auto data = buffer.cdata();
    return {static_cast<const char*>(data.data()) + from, data.size() - from};
}

class body_window {
  public:
    /// Takes note of what has come into the buffer since. False when it is malformed.
    template <class Parser>
    bool frame(Parser& parser, const buffer_type& in) {
        error_code ec;
        parsed_ += parser.parse_body(view(in, parsed_), ec);
        ready_ = std::max(ready_, parsed_);
        // Whoever waits for the end of a chunk's line shall not have to wait for the next chunk.
        constexpr std::string_view line_end = "\r\n";
        while (!ec && parser.owes_line_end() && ready_ < std::min(in.size(), parsed_ + line_end.size())) {
            if (view(in)[ready_] != line_end[ready_ - parsed_]) return false;
            ++ready_;
        }
        return !ec;
    }

    [[nodiscard]] asio::const_buffer unsent(const buffer_type& in) const {
        return asio::buffer(in.cdata() + sent_, ready_ - sent_);
    }
    void all_sent() { sent_ = ready_; }
    void send_again() { sent_ = 0; }

    /// Drops from the buffer what is of no more use. How many bytes that was.
    std::size_t drop_sent(buffer_type& in) {
        const std::size_t done = std::min(parsed_, sent_);
        in.consume(done);
        parsed_ -= done;
        ready_ -= done;
        sent_ -= done;
        return done;
    }

  private:
    std::size_t parsed_ = 0;
    std::size_t ready_ = 0;
    std::size_t sent_ = 0;
};

} // namespace proxy
