package gyre.http.client;

import gyre.http.HttpAccess;
import gyre.http.HttpLimits;
import gyre.http.wire.AnswerReader;
import gyre.http.wire.RequestHeadWriter;

/** What this package uses of {@code gyre.http} that users do not see. */
final class Wire extends HttpAccess {
  private Wire() {}

  static AnswerReader reader(HttpLimits limits) {
    return HttpAccess.answerReader(limits);
  }

  static RequestHeadWriter headWriter() {
    return HttpAccess.requestHeadWriter();
  }

  static void checkHeader(String name, String value) {
    HttpAccess.checkField(name, value);
  }

  static boolean mayTrail(String name) {
    return HttpAccess.isTrailer(name);
  }

  static boolean isTokenText(String text) {
    return HttpAccess.isToken(text);
  }

  static boolean isTargetText(String text) {
    return HttpAccess.isTarget(text);
  }

  static boolean isAuthorityText(String text) {
    return HttpAccess.isAuthority(text);
  }
}
