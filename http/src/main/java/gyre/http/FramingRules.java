package gyre.http;

import org.jspecify.annotations.Nullable;

/**
 * The fields that say where a message ends and to whom it goes: RFC 9112, 3.2 and 6. Where two
 * readers could understand them differently the request is refused, whatever its version.
 */
final class FramingRules {
  private static final int LENGTH_DIGITS = 18;

  private FramingRules() {}

  /** Takes note of a field that matters here. */
  static @Nullable Problem note(RequestHead head, int field) {
    Fields fields = head.fields;
    return switch (fields.nameEnd(field) - fields.nameStart(field)) {
      case 4 -> fields.isNamed(field, "host") ? noteHost(head, field) : null;
      case 6 -> fields.isNamed(field, "expect") ? noteExpectation(head, field) : null;
      case 10 -> fields.isNamed(field, "connection") ? noteConnection(head, field) : null;
      case 14 -> fields.isNamed(field, "content-length") ? noteLength(head, field) : null;
      case 17 -> fields.isNamed(field, "transfer-encoding") ? noteEncoding(head, field) : null;
      default -> null;
    };
  }

  /** The fields are complete: whether they fit together. */
  static @Nullable Problem checkTogether(RequestHead head) {
    if (head.host < 0 && head.minorVersion >= 1) {
      return Problem.HOST_MISSING;
    }
    if (head.hasTransferEncoding && head.contentLength >= 0) {
      return Problem.LENGTH_AND_CHUNKED;
    }
    if (head.hasTransferEncoding && head.minorVersion == 0) {
      return Problem.ENCODING_IN_OLD_VERSION;
    }
    if (head.form == RequestHead.Form.AUTHORITY) {
      return Problem.CONNECT;
    }
    if (head.form == RequestHead.Form.ABSOLUTE && head.host >= 0 && !agrees(head)) {
      return Problem.HOST_CONTRADICTED;
    }
    return null;
  }

  private static boolean agrees(RequestHead head) {
    return Ascii.equalsIgnoreCase(
        head.lines.bytes,
        head.authorityStart,
        head.authorityEnd,
        head.fields.valueStart(head.host),
        head.fields.valueEnd(head.host));
  }

  private static @Nullable Problem noteHost(RequestHead head, int field) {
    if (head.host >= 0) {
      return Problem.HOST_REPEATED;
    }
    head.host = field;
    Fields fields = head.fields;
    return Authority.isValid(head.lines.bytes, fields.valueStart(field), fields.valueEnd(field))
        ? null
        : Problem.HOST_INVALID;
  }

  private static @Nullable Problem noteExpectation(RequestHead head, int field) {
    Fields fields = head.fields;
    if (!Ascii.equalsIgnoreCase(
        head.lines.bytes, fields.valueStart(field), fields.valueEnd(field), "100-continue")) {
      return Problem.EXPECTATION;
    }
    head.expectsContinue = head.minorVersion >= 1; // of HTTP/1.0 it is to be ignored
    return null;
  }

  private static @Nullable Problem noteLength(RequestHead head, int field) {
    if (head.contentLength >= 0) {
      return Problem.LENGTH_REPEATED;
    }
    byte[] bytes = head.lines.bytes;
    int from = head.fields.valueStart(field);
    int to = head.fields.valueEnd(field);
    if (from == to || to - from > LENGTH_DIGITS) {
      return Problem.LENGTH_INVALID;
    }
    long length = 0;
    for (int i = from; i < to; i++) {
      if (!Ascii.isDigit(bytes[i])) {
        return Problem.LENGTH_INVALID;
      }
      length = length * 10 + bytes[i] - '0';
    }
    head.contentLength = length;
    return null;
  }

  private static @Nullable Problem noteEncoding(RequestHead head, int field) {
    if (head.hasTransferEncoding) {
      return Problem.ENCODING_REPEATED;
    }
    head.hasTransferEncoding = true;
    byte[] bytes = head.lines.bytes;
    int from = head.fields.valueStart(field);
    int to = head.fields.valueEnd(field);
    if (Ascii.equalsIgnoreCase(bytes, from, to, "chunked")) {
      return null;
    }
    return isOtherCodingThenChunked(bytes, from, to)
        ? Problem.ENCODING_UNSUPPORTED
        : Problem.ENCODING_INVALID;
  }

  /** Whether it is a list of tokens of which only the last one is chunked. */
  private static boolean isOtherCodingThenChunked(byte[] bytes, int from, int to) {
    int at = from;
    boolean isChunked = false;
    while (true) {
      int end = at;
      while (end < to && Ascii.isToken(bytes[end])) {
        end++;
      }
      if (end == at || isChunked) {
        return false;
      }
      isChunked = Ascii.equalsIgnoreCase(bytes, at, end, "chunked");
      at = skipBlanks(bytes, end, to);
      if (at == to) {
        return isChunked;
      }
      if (bytes[at] != ',') {
        return false;
      }
      at = skipBlanks(bytes, at + 1, to);
    }
  }

  private static @Nullable Problem noteConnection(RequestHead head, int field) {
    byte[] bytes = head.lines.bytes;
    int to = head.fields.valueEnd(field);
    int at = head.fields.valueStart(field);
    while (at < to) {
      at = skipBlanks(bytes, at, to);
      int end = at;
      while (end < to && bytes[end] != ',' && !Ascii.isBlank(bytes[end])) {
        end++;
      }
      head.saysClose |= Ascii.equalsIgnoreCase(bytes, at, end, "close");
      head.saysKeepAlive |= Ascii.equalsIgnoreCase(bytes, at, end, "keep-alive");
      head.saysUpgrade |= Ascii.equalsIgnoreCase(bytes, at, end, "upgrade");
      at = end;
      while (at < to && (bytes[at] == ',' || Ascii.isBlank(bytes[at]))) {
        at++;
      }
    }
    return null; // others may mean what they want by it
  }

  private static int skipBlanks(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && Ascii.isBlank(bytes[at])) {
      at++;
    }
    return at;
  }
}
