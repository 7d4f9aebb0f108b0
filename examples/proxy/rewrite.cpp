// SPDX-License-Identifier: MIT
#include "rewrite.hpp"

#include <algorithm>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace proxy {

namespace {

// The framing and the Host are the message's own, whatever a Connection field claims: who could have them stripped
// could smuggle.
bool is_essential(http::field known) {
    return known == http::field::host || known == http::field::content_length ||
           known == http::field::transfer_encoding;
}

// The fields of a message that are for this hop alone. Sorted once: a head has room for thousands of fields and for
// thousands of names in Connection, and who compared each with each would be busy for a long time.
class hop_fields {
  public:
    explicit hop_fields(const std::vector<field>& fields) {
        for (const field& f : fields) {
            if (f.known != http::field::connection) continue;
            for (const auto name : http::token_list{{f.value.data(), f.value.size()}}) names_.push_back(name);
        }
        std::ranges::sort(names_, boost::beast::iless());
    }
    [[nodiscard]] bool contains(const field& f) const {
        switch (f.known) {
        case http::field::connection:
        case http::field::proxy_connection:
        case http::field::keep_alive:
        case http::field::te:
        case http::field::upgrade: return true;
        default:
            return !is_essential(f.known) && std::ranges::binary_search(names_, text(f.name), boost::beast::iless());
        }
    }

  private:
    using text = boost::beast::string_view;
    std::vector<text> names_;
};

void write_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

void write_via(std::string& out, int version) {
    write_field(out, "Via", version >= 11 ? "1.1 poise-proxy" : "1.0 poise-proxy");
}

void write_upgrade(std::string& out, const std::vector<field>& fields) {
    write_field(out, "Connection", "upgrade");
    for (const field& f : fields) {
        if (f.known == http::field::upgrade) write_field(out, f.name, f.value);
    }
}

} // namespace

bool connection_names(const std::vector<field>& fields, std::string_view name) {
    return std::ranges::any_of(fields, [&](const field& f) {
        return f.known == http::field::connection &&
               http::token_list{{f.value.data(), f.value.size()}}.exists({name.data(), name.size()});
    });
}

bool asks_to_continue(const request_parser& request) {
    return request.version >= 11 && std::ranges::any_of(request.fields, [](const field& f) {
               return f.known == http::field::expect &&
                      boost::beast::iequals({f.value.data(), f.value.size()}, "100-continue");
           });
}

bool asks_for_upgrade(const request_parser& request) {
    return request.version >= 11 && connection_names(request.fields, "upgrade") &&
           std::ranges::find(request.fields, http::field::upgrade, &field::known) != request.fields.end();
}

void write_request_head(std::string& out, const request_parser& request, std::string_view client) {
    const destination to = destination_of(request);
    out.clear();
    out.append(request.method_text).append(" ").append(to.slash).append(to.path);
    out.append(request.version >= 11 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    if (!to.host.empty()) write_field(out, "Host", to.host);
    const hop_fields of_this_hop(request.fields);
    std::string forwarded_for;
    for (const field& f : request.fields) {
        if (boost::beast::iequals({f.name.data(), f.name.size()}, "X-Forwarded-For")) {
            if (!f.value.empty()) forwarded_for.append(f.value).append(", ");
        } else if (!of_this_hop.contains(f) && (to.host.empty() || f.known != http::field::host)) {
            write_field(out, f.name, f.value);
        }
    }
    write_field(out, "X-Forwarded-For", forwarded_for.append(client));
    write_via(out, request.version);
    if (asks_for_upgrade(request)) write_upgrade(out, request.fields);
    out.append("\r\n");
}

void write_response_head(std::string& out, const response_parser& response, after what) {
    out.assign("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(response.reason);
    out.append("\r\n");
    const hop_fields of_this_hop(response.fields);
    for (const field& f : response.fields) {
        if (!of_this_hop.contains(f)) write_field(out, f.name, f.value);
    }
    write_via(out, response.version);
    if (what == after::upgrade) write_upgrade(out, response.fields);
    if (what == after::close) write_field(out, "Connection", "close");
    out.append("\r\n");
}

void write_own_response(std::string& out, http::status status, bool bodyless, after what) {
    const std::string_view reason = http::obsolete_reason(status);
    const std::string body = std::to_string(static_cast<unsigned>(status)) + " " + std::string(reason) + "\n";
    out.assign("HTTP/1.1 ").append(body, 0, body.size() - 1).append("\r\n");
    write_field(out, "Content-Type", "text/plain");
    write_field(out, "Content-Length", std::to_string(body.size()));
    if (what == after::close) write_field(out, "Connection", "close");
    out.append("\r\n");
    if (!bodyless) out.append(body);
}

} // namespace proxy
