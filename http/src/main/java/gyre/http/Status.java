package gyre.http;

import java.nio.charset.StandardCharsets;

/** The lines that answers begin with. */
final class Status {
  private static final int LEAST = 100;
  private static final int MOST = 599;
  private static final byte[][] LINES = new byte[MOST - LEAST + 1][];

  static {
    for (int code = LEAST; code <= MOST; code++) {
      String line = "HTTP/1.1 " + code + " " + reason(code) + "\r\n";
      LINES[code - LEAST] = line.getBytes(StandardCharsets.ISO_8859_1);
    }
  }

  private Status() {}

  static byte[] line(int code) {
    return LINES[code - LEAST];
  }

  /** RFC 9110, 15.1. */
  static boolean hasBody(int code) {
    return code >= 200 && code != 204 && code != 304;
  }

  static String reason(int code) {
    return switch (code) {
      case 100 -> "Continue";
      case 101 -> "Switching Protocols";
      case 200 -> "OK";
      case 201 -> "Created";
      case 202 -> "Accepted";
      case 203 -> "Non-Authoritative Information";
      case 204 -> "No Content";
      case 205 -> "Reset Content";
      case 206 -> "Partial Content";
      case 300 -> "Multiple Choices";
      case 301 -> "Moved Permanently";
      case 302 -> "Found";
      case 303 -> "See Other";
      case 304 -> "Not Modified";
      case 307 -> "Temporary Redirect";
      case 308 -> "Permanent Redirect";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 406 -> "Not Acceptable";
      case 408 -> "Request Timeout";
      case 409 -> "Conflict";
      case 410 -> "Gone";
      case 411 -> "Length Required";
      case 412 -> "Precondition Failed";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 415 -> "Unsupported Media Type";
      case 416 -> "Range Not Satisfiable";
      case 417 -> "Expectation Failed";
      case 421 -> "Misdirected Request";
      case 422 -> "Unprocessable Content";
      case 426 -> "Upgrade Required";
      case 428 -> "Precondition Required";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      case 505 -> "HTTP Version Not Supported";
      default -> code < 300 ? "OK" : code < 400 ? "Redirect" : "Error";
    };
  }
}
