package gyre.http.websocket;

import org.jspecify.annotations.Nullable;

/**
 * What two ends have agreed on about compression (RFC 7692), as far as it concerns what this one
 * sends. What it receives never refers to the message before, so that nothing is kept for it.
 *
 * @param keepsContext whether a message that is sent may refer to the ones before
 * @param windowBits how far a message that is sent may refer back, 8 to 15
 */
record Compression(boolean keepsContext, int windowBits) {
  static final String NAME = "permessage-deflate";
  static final int LEAST_WINDOW_BITS = 8;
  static final int MOST_WINDOW_BITS = 15;

  private static final String SERVER_NO_CONTEXT = "server_no_context_takeover";
  private static final String CLIENT_NO_CONTEXT = "client_no_context_takeover";
  private static final String SERVER_WINDOW = "server_max_window_bits";
  private static final String CLIENT_WINDOW = "client_max_window_bits";

  /** What a client offers: the server keeps no context, so that this side needs none either. */
  static String offer() {
    return NAME + "; " + SERVER_NO_CONTEXT + "; " + CLIENT_NO_CONTEXT + "; " + CLIENT_WINDOW;
  }

  /** The parameters of one offer or answer. */
  private static final class Parameters {
    boolean serverNoContext;
    boolean clientNoContext;
    int serverWindowBits;
    int clientWindowBits;
    boolean hasClientWindow;
  }

  /** For a server: the first offer that can be taken; null if there is none. */
  static @Nullable Compression accept(ExtensionList offers, boolean mayKeepContext) {
    for (ExtensionList.Extension offer : offers.extensions()) {
      Parameters asked = offer.name().equals(NAME) ? read(offer, true) : null;
      if (asked != null) {
        int bits = asked.serverWindowBits == 0 ? MOST_WINDOW_BITS : asked.serverWindowBits;
        return new Compression(mayKeepContext && !asked.serverNoContext, bits);
      }
    }
    return null;
  }

  /** What a server answers to the offer that it has taken. */
  String answer() {
    String window = windowBits < MOST_WINDOW_BITS ? "; " + SERVER_WINDOW + "=" + windowBits : "";
    return NAME
        + "; "
        + CLIENT_NO_CONTEXT
        + (keepsContext ? "" : "; " + SERVER_NO_CONTEXT)
        + window;
  }

  /** For a client: what a server has answered to {@link #offer}; null if that is not possible. */
  static @Nullable Compression confirm(ExtensionList.Extension answer) {
    Parameters said = answer.name().equals(NAME) ? read(answer, false) : null;
    if (said == null || !said.serverNoContext) {
      return null;
    }
    int bits = said.clientWindowBits == 0 ? MOST_WINDOW_BITS : said.clientWindowBits;
    return new Compression(false, bits);
  }

  /** Null if it is not valid: RFC 7692, 7.1. */
  private static @Nullable Parameters read(ExtensionList.Extension extension, boolean isOffer) {
    Parameters read = new Parameters();
    for (ExtensionList.Parameter parameter : extension.parameters()) {
      String value = parameter.value();
      boolean isValid =
          switch (parameter.name()) {
            case SERVER_NO_CONTEXT -> {
              boolean isFirst = !read.serverNoContext;
              read.serverNoContext = true;
              yield isFirst && value == null;
            }
            case CLIENT_NO_CONTEXT -> {
              boolean isFirst = !read.clientNoContext;
              read.clientNoContext = true;
              yield isFirst && value == null;
            }
            case SERVER_WINDOW -> {
              boolean isFirst = read.serverWindowBits == 0;
              read.serverWindowBits = bits(value);
              yield isFirst && read.serverWindowBits > 0;
            }
            case CLIENT_WINDOW -> {
              boolean isFirst = !read.hasClientWindow;
              read.hasClientWindow = true;
              read.clientWindowBits = bits(value);
              yield isFirst && (read.clientWindowBits > 0 || (isOffer && value == null));
            }
            default -> false;
          };
      if (!isValid) {
        return null;
      }
    }
    return read;
  }

  /** 0 if it is not a number from 8 to 15 without leading zeros. */
  private static int bits(@Nullable String value) {
    if (value == null || !value.matches("[89]|1[0-5]")) {
      return 0;
    }
    return Integer.parseInt(value);
  }
}
