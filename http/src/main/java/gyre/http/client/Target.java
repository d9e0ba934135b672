package gyre.http.client;

/** What connections are the same for: the key of the pool. */
record Target(boolean isSecure, String host, int port) {
  static Target of(HttpUrl url) {
    return new Target(url.isSecure(), url.bareHost(), url.port());
  }

  /** As CONNECT and Host want it. */
  String authority() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }

  @Override
  public String toString() {
    return (isSecure ? "https://" : "http://") + authority();
  }
}
