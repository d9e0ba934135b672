package gyre.http;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What a {@link Router} needs of a request, whatever the version: its path as bytes. */
abstract class RequestView implements Request {
  private static final int INITIAL_PARAMETERS = 4;

  private int[] parameters = new int[2 * INITIAL_PARAMETERS];
  private @Nullable Route route;

  /** Refuses to be used for longer than the exchange lasts. */
  abstract void checkLent();

  /** Where the path stands. */
  abstract byte[] pathBytes();

  abstract int pathStart();

  abstract int pathEnd();

  /** Whether it is for the server as a whole. */
  abstract boolean isForServer();

  final void forgetRoute() {
    route = null;
  }

  final void route(Route matched) {
    route = matched;
  }

  /** Takes note of where a parameter stands, while routes are tried. */
  final void keepParameter(int index, int start, int end) {
    if (2 * index == parameters.length) {
      parameters = Arrays.copyOf(parameters, parameters.length * 2);
    }
    parameters[2 * index] = start;
    parameters[2 * index + 1] = end;
  }

  private int indexOf(String name) {
    checkLent();
    Route matched = route;
    int index = matched == null ? -1 : matched.parameterNames().indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException(
          "no parameter is called " + name + (matched == null ? "" : " in " + matched.pattern()));
    }
    return index;
  }

  @Override
  public final String parameter(String name) {
    int index = indexOf(name);
    return Decoding.path(pathBytes(), parameters[2 * index], parameters[2 * index + 1]);
  }

  @Override
  public final int intParameter(String name) {
    return Math.toIntExact(longParameter(name));
  }

  @Override
  public final long longParameter(String name) {
    int index = indexOf(name);
    return Decoding.number(pathBytes(), parameters[2 * index], parameters[2 * index + 1]);
  }
}
