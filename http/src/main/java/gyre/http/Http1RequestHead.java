package gyre.http;

import gyre.http.wire.RequestHeadWriter;
import java.util.Arrays;

/** The head of a request of HTTP/1.1 in the making. */
final class Http1RequestHead implements RequestHeadWriter {
  private static final byte[] VERSION = HeadWriter.ascii(" HTTP/1.1\r\n");
  private static final byte[] SPACE = HeadWriter.ascii(" ");
  private static final byte[] LINE_END = HeadWriter.ascii("\r\n");

  private final HeadWriter out = new HeadWriter();

  @Override
  public void requestLine(String method, String target) {
    if (!HttpAccess.isToken(method)) {
      throw new IllegalArgumentException("a method must be a token, and this one is none");
    }
    if (!isTarget(target)) {
      throw new IllegalArgumentException(
          "the target has a character that must not stand there: escape it with a percent sign");
    }
    out.clear();
    out.put(HeadWriter.ascii(method));
    out.put(SPACE);
    out.put(HeadWriter.ascii(target));
    out.put(VERSION);
  }

  static boolean isTarget(String text) {
    for (int i = 0; i < text.length(); i++) {
      char at = text.charAt(i);
      if (at > 0x7F || !Ascii.isTarget((byte) at)) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  @Override
  public void field(String name, String value) {
    out.putField(name, value);
  }

  @Override
  public byte[] finish() {
    out.put(LINE_END);
    return Arrays.copyOf(out.bytes, out.length);
  }
}
