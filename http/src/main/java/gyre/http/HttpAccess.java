package gyre.http;

import gyre.http.wire.AnswerReader;
import gyre.http.wire.RequestHeadWriter;
import java.nio.charset.StandardCharsets;

/**
 * The one door from this package to the others of HTTP: how answers are read and requests are
 * written, by the same parser as those of the server.
 *
 * <p>No part of the API.
 */
@SuppressWarnings("exports") // only for the packages below this one
public abstract class HttpAccess {
  protected HttpAccess() {}

  protected static AnswerReader answerReader(HttpLimits limits) {
    return new Http1AnswerReader(limits);
  }

  protected static RequestHeadWriter requestHeadWriter() {
    return new Http1RequestHead();
  }

  /** Throws {@link IllegalArgumentException} if it cannot be sent as it is. */
  protected static void checkField(String name, String value) {
    HeadWriter.checkField(name, value);
  }

  /** Whether it may stand behind the body. */
  protected static boolean isTrailer(String name) {
    return !TrailerRules.isForbidden(name);
  }

  protected static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char at = text.charAt(i);
      if (at > 0x7F || !Ascii.isToken((byte) at)) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** Whether all of it may stand in the target of a request. */
  protected static boolean isTarget(String text) {
    return Http1RequestHead.isTarget(text);
  }

  /** Whether it is a host with maybe a port. */
  protected static boolean isAuthority(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Authority.isValid(bytes, 0, bytes.length);
  }
}
