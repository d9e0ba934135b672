package gyre.http;

import org.jspecify.annotations.Nullable;

/** The request line: RFC 9112, 3. */
final class TargetParser {
  private static final int LONGEST_METHOD = 32;
  private static final int VERSION_BYTES = 8;

  private TargetParser() {}

  /**
   * Takes method, target and version apart.
   *
   * @param to where the CR of the line stands
   * @return what is wrong, or null
   */
  static @Nullable Problem parseLine(RequestHead head, int from, int to) {
    byte[] bytes = head.lines.bytes;
    int methodEnd = from;
    while (methodEnd < to && Ascii.isToken(bytes[methodEnd])) {
      methodEnd++;
    }
    if (methodEnd == to) {
      return Problem.REQUEST_LINE;
    }
    if (methodEnd == from || bytes[methodEnd] != ' ') {
      return Problem.METHOD;
    }
    if (methodEnd - from > LONGEST_METHOD) {
      return Problem.METHOD_LENGTH;
    }
    head.methodStart = from;
    head.methodEnd = methodEnd;
    int targetEnd = endOfTarget(head, methodEnd + 1, to);
    if (targetEnd < 0) {
      return Problem.TARGET;
    }
    if (targetEnd == to || targetEnd == methodEnd + 1) {
      return Problem.REQUEST_LINE; // as of HTTP/0.9, or two spaces
    }
    Problem wrongVersion = parseVersion(head, targetEnd + 1, to);
    return wrongVersion != null ? wrongVersion : parseForm(head, methodEnd + 1, targetEnd);
  }

  /** Where the target ends; -1 if it has what must not be in it. */
  private static int endOfTarget(RequestHead head, int from, int to) {
    byte[] bytes = head.lines.bytes;
    for (int at = from; at < to; at++) {
      byte value = bytes[at];
      if (value == ' ') {
        return at;
      }
      if (!Ascii.isTarget(value) || (value == '%' && !isEscape(bytes, at, to))) {
        return -1;
      }
      if (value == '%' && head.queryStart < 0) {
        head.hasEscapes = true;
      }
      if (value == '?' && head.queryStart < 0) {
        head.queryStart = at + 1;
      }
    }
    return to;
  }

  /** Of anything but NUL, on which too many programs end a text. */
  private static boolean isEscape(byte[] bytes, int percent, int to) {
    return percent + 2 < to
        && Ascii.isHex(bytes[percent + 1])
        && Ascii.isHex(bytes[percent + 2])
        && !(bytes[percent + 1] == '0' && bytes[percent + 2] == '0');
  }

  private static @Nullable Problem parseVersion(RequestHead head, int from, int to) {
    byte[] bytes = head.lines.bytes;
    if (to - from != VERSION_BYTES
        || !Ascii.equals(bytes, from, from + 5, "HTTP/")
        || !Ascii.isDigit(bytes[from + 5])
        || bytes[from + 6] != '.'
        || !Ascii.isDigit(bytes[from + 7])) {
      return Problem.VERSION;
    }
    if (bytes[from + 5] != '1') {
      return Problem.VERSION_UNSUPPORTED;
    }
    head.minorVersion = bytes[from + 7] - '0';
    return null;
  }

  private static @Nullable Problem parseForm(RequestHead head, int from, int to) {
    head.targetStart = from;
    head.targetEnd = to;
    byte[] bytes = head.lines.bytes;
    if (head.isMethod("CONNECT")) {
      head.form = RequestHead.Form.AUTHORITY;
      head.authorityStart = from;
      head.authorityEnd = to;
      return Authority.isValid(bytes, from, to) && Authority.hasPort(bytes, from, to)
          ? null
          : Problem.TARGET_FORM;
    }
    if (bytes[from] == '/') {
      head.form = RequestHead.Form.ORIGIN;
      path(head, from);
      return null;
    }
    if (to - from == 1 && bytes[from] == '*') {
      head.form = RequestHead.Form.ASTERISK;
      head.pathStart = from;
      head.pathEnd = to;
      return head.isMethod("OPTIONS") ? null : Problem.TARGET_FORM;
    }
    return parseAbsolute(head, from, to);
  }

  private static @Nullable Problem parseAbsolute(RequestHead head, int from, int to) {
    byte[] bytes = head.lines.bytes;
    int authority = behindScheme(bytes, from, to);
    if (authority < 0) {
      return Problem.TARGET_FORM;
    }
    int end = authority;
    while (end < to && bytes[end] != '/' && bytes[end] != '?') {
      end++;
    }
    if (!Authority.isValid(bytes, authority, end)) {
      return Problem.TARGET_FORM;
    }
    head.form = RequestHead.Form.ABSOLUTE;
    head.authorityStart = authority;
    head.authorityEnd = end;
    path(head, end);
    return null;
  }

  private static int behindScheme(byte[] bytes, int from, int to) {
    for (String scheme : SCHEMES) {
      int end = from + scheme.length();
      if (end < to && Ascii.equalsIgnoreCase(bytes, from, end, scheme)) {
        return end;
      }
    }
    return -1;
  }

  private static final String[] SCHEMES = {"http://", "https://"};

  private static void path(RequestHead head, int from) {
    head.pathStart = from;
    head.pathEnd = head.queryStart < 0 ? head.targetEnd : head.queryStart - 1;
    if (head.hasEscapes) {
      normalize(head);
    }
  }

  /** Whoever compares paths sees one form of each; what stands behind the path moves up to it. */
  private static void normalize(RequestHead head) {
    byte[] bytes = head.lines.bytes;
    int end = Decoding.normalize(bytes, head.pathStart, head.pathEnd);
    int saved = head.pathEnd - end;
    System.arraycopy(bytes, head.pathEnd, bytes, end, head.targetEnd - head.pathEnd);
    head.pathEnd = end;
    head.targetEnd -= saved;
    if (head.queryStart >= 0) {
      head.queryStart -= saved;
    }
  }
}
