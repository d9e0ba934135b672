// What is asked of a client's request to upgrade, beside what Beast checks.
#pragma once
#include <utility>  // Boost 1.74 forgets it

#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <optional>

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

constexpr std::uint32_t head_max_bytes = 8192;
constexpr std::size_t key_characters = 24;  // 16 bytes in base64

using upgrade_request = http::request<http::empty_body>;

inline bool is_key(beast::string_view key) {
  return key.size() == key_characters && key.ends_with("==");
}

// The status that refuses it; nothing if it may be upgraded.
inline std::optional<http::status> refusal(const upgrade_request &request) {
  if (!websocket::is_upgrade(request) || request[http::field::sec_websocket_version] != "13") {
    return http::status::upgrade_required;
  }
  if (!is_key(request[http::field::sec_websocket_key])) return http::status::bad_request;
  return std::nullopt;
}

inline http::response<http::empty_body> refuse(http::status status) {
  http::response<http::empty_body> answer(status, 11);
  answer.keep_alive(false);
  answer.content_length(0);
  if (status == http::status::upgrade_required) {
    answer.set(http::field::upgrade, "websocket");
    answer.set(http::field::sec_websocket_version, "13");
  }
  return answer;
}
