/** HTTP for Gyre. */
module gyre.http {
  requires static transitive org.jspecify;
  requires transitive gyre.core;

  exports gyre.http;
  exports gyre.http.client;
  exports gyre.http.files;
  exports gyre.http.sse;
  exports gyre.http.websocket;
  exports gyre.proxy;
  exports gyre.tls;
}
