package gyre.http;

/**
 * What can be wrong with a request. Each has one status, and a sentence for whoever wrote the
 * client. A connection whose request had a problem is closed, since nobody knows where the next
 * request begins.
 */
enum Problem {
  REQUEST_LINE(400, "the request line is not: method, space, target, space, version"),
  METHOD(400, "the method is not a token"),
  METHOD_LENGTH(501, "the method is longer than any that this server knows"),
  TARGET(400, "the target has a byte that must not stand there, or a broken escape"),
  TARGET_FORM(400, "the form of the target does not fit the method"),
  VERSION(400, "the version is not HTTP/1.0 or HTTP/1.1"),
  VERSION_UNSUPPORTED(505, "this server speaks HTTP/1.1"),
  LINE_END(400, "a line ends with LF alone, or has CR inside"),
  FOLDED_FIELD(400, "a field line begins with white space"),
  FIELD_NAME(400, "a field name is not a token followed by a colon"),
  FIELD_VALUE(400, "a field value has a control character"),
  LINE_TOO_LONG(414, "the request line is too long"),
  HEAD_TOO_LARGE(431, "the head is too large"),
  TOO_MANY_FIELDS(431, "the head has too many fields"),
  HOST_MISSING(400, "there is no Host"),
  HOST_REPEATED(400, "there is more than one Host"),
  HOST_INVALID(400, "Host is not a host name or address with maybe a port"),
  HOST_CONTRADICTED(400, "Host and the target name different hosts"),
  LENGTH_INVALID(400, "Content-Length is not one number of at most 18 digits"),
  LENGTH_REPEATED(400, "there is more than one Content-Length"),
  LENGTH_AND_CHUNKED(400, "Content-Length and Transfer-Encoding stand together"),
  ENCODING_IN_OLD_VERSION(400, "HTTP/1.0 has no Transfer-Encoding"),
  ENCODING_REPEATED(400, "there is more than one Transfer-Encoding"),
  ENCODING_INVALID(400, "the Transfer-Encoding does not end with one chunked"),
  ENCODING_UNSUPPORTED(501, "the Transfer-Encoding is not chunked alone"),
  EXPECTATION(417, "the expectation is not 100-continue"),
  CONNECT(501, "this server is no proxy"),
  CHUNK_SIZE(400, "a chunk size is not 1 to 15 hexadecimal digits"),
  CHUNK_EXTENSION(400, "a chunk extension is malformed"),
  CHUNK_EXTENSIONS_TOO_LARGE(400, "the chunk extensions are too large"),
  CHUNK_END(400, "a chunk does not end with CR LF"),
  TRAILER_FORBIDDEN(400, "a trailer field belongs into the head"),
  TRAILERS_TOO_LARGE(431, "the trailers are too large"),
  BODY_TOO_LARGE(413, "the body is larger than this server takes here"),
  BODY_CUT_SHORT(400, "the connection ended within the body"),
  HEAD_TOO_SLOW(408, "the head took too long"),
  BODY_TOO_SLOW(408, "the body took too long");

  private final int status;
  private final String text;

  Problem(int status, String text) {
    this.status = status;
    this.text = text;
  }

  int status() {
    return status;
  }

  /** Whether it was found before it was clear what is asked for, or where the head ends. */
  boolean isMoreLikely() {
    return switch (this) {
      case REQUEST_LINE, METHOD, METHOD_LENGTH, LINE_TOO_LONG, HEAD_TOO_LARGE, TOO_MANY_FIELDS ->
          true;
      default -> false;
    };
  }

  String text() {
    return text;
  }
}
