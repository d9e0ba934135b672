package gyre.http.client;

/** What a client was doing when something went wrong. */
public enum Phase {
  /** Looking up the name. */
  RESOLVE("look up the name"),
  /** Waiting for a connection of the pool, or making one. */
  CONNECT("connect"),
  /** Asking a proxy for a tunnel. */
  PROXY("ask the proxy"),
  TLS("do the TLS handshake"),
  /** Sending the request. */
  SEND("send the request"),
  /** Waiting for the head of the answer. */
  HEAD("read the head of the answer"),
  /** Reading its body. */
  BODY("read the body of the answer"),
  /** Following it to where it leads. */
  REDIRECT("follow the redirect");

  private final String text;

  Phase(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }
}
