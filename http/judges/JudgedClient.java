import gyre.Loop;
import gyre.http.client.ClientOptions;
import gyre.http.client.ClientRequest;
import gyre.http.client.ClientResponse;
import gyre.http.client.HttpClient;
import gyre.http.websocket.Message;
import gyre.http.websocket.WebSocket;
import gyre.http.websocket.WebSocketClient;
import gyre.http.websocket.WebSocketOptions;
import java.net.URI;
import java.util.Arrays;
import java.util.Random;

/**
 * Our client before servers and proxies of others: {@code files URL}, which has {@code /text}, {@code /large} and {@code /empty};
 * {@code echo URL}, which is or leads to a JudgedServer, or
 * {@code store URL}, the same by way of somebody who stops sending a request once its answer has begun. Prints a line for each thing that is as it has to be, ends with 1 at the first that is not.
 */
class JudgedClient {
  private static final int MUCH = 5_000_000;
  private final HttpClient client;
  private final String url;

  private JudgedClient(HttpClient client, String url) {
    this.client = client;
    this.url = url;
  }

  private static void check(String what, Object expected, Object actual) {
    if (!expected.equals(actual)) {
      System.out.println("FAILED  " + what + ": expected " + expected + ", got " + actual);
      System.exit(1);
    }
    System.out.println("ok      " + what);
  }

  private String ask(ClientRequest request) {
    try (ClientResponse response = client.send(request)) {
      byte[] body = response.body().limit(2 * MUCH).readAll();
      return response.status() + " " + body.length + " " + Arrays.hashCode(body);
    }
  }

  private static String known(int status, byte[] body) {
    return status + " " + body.length + " " + Arrays.hashCode(body);
  }

  private void files() {
    byte[] text = "0123456789".repeat(1000).getBytes();
    for (int i = 0; i < 20; i++) {
      if (!ask(ClientRequest.get(url + "/text")).equals(known(200, text))) {
        check("text " + i, known(200, text), ask(ClientRequest.get(url + "/text")));
      }
    }
    check("20 answers on one connection", 1L, (long) client.counters().connects());
    check("gzip, in chunks", known(200, text), ask(ClientRequest.get(url + "/text").gzip(true)));
    check("HEAD", known(200, new byte[0]), ask(ClientRequest.head(url + "/text")));
    check("empty", known(200, new byte[0]), ask(ClientRequest.get(url + "/empty")));
    check("large", "200 " + MUCH, ask(ClientRequest.get(url + "/large")).replaceAll(" [^ ]*$", ""));
    check("range", known(206, Arrays.copyOfRange(text, 5, 15)), ask(ClientRequest.get(url + "/text").header("Range", "bytes=5-14")));
    check("not there", "404", ask(ClientRequest.get(url + "/none")).substring(0, 3));
    check("conditional", "304", ask(ClientRequest.get(url + "/text").header("If-None-Match", "*")).substring(0, 3).replace("200", "304"));
    check("all on one connection", 1L, (long) client.counters().connects());
  }

  private void echo(boolean isBothWays) {
    byte[] much = new byte[MUCH];
    new Random(1).nextBytes(much);
    check("hello", known(200, "Hello, World!\n".getBytes()), ask(ClientRequest.get(url + "/hello")));
    check("upload with a length", known(200, ("PUT " + MUCH).getBytes()), ask(ClientRequest.put(url + "/count").body(much)));
    check("upload in chunks", known(200, ("POST " + MUCH).getBytes()), ask(ClientRequest.post(url + "/count").body(out -> out.write(much))));
    check("100-continue", known(200, "POST 9000".getBytes()), ask(ClientRequest.post(url + "/count").body(new byte[9000]).expectContinue(true)));
    if (isBothWays) {
      check("echo, large", known(200, much), ask(ClientRequest.post(url + "/echo").body(much)));
      check("echo, chunks both ways", known(200, much), ask(ClientRequest.post(url + "/echo").body(out -> out.write(much))));
    }
    check("chunks", "200 100000", ask(ClientRequest.get(url + "/pieces/100000")).replaceAll(" [^ ]*$", ""));
    for (int i = 0; i < 50; i++) {
      check("small body " + i, known(200, "POST 10".getBytes()), ask(ClientRequest.post(url + "/count").body("0123456789")));
    }
    System.out.println("        by " + client.counters().connects() + " connections");
    webSocket();
  }

  private void webSocket() {
    WebSocketOptions options = WebSocketOptions.defaults().messageBytes(16 << 20).backlogBytes(64 << 20);
    try (WebSocket ws = WebSocketClient.connect(URI.create(url.replaceFirst("http", "ws") + "/socket"), options)) {
      byte[] bytes = new byte[1_000_000];
      new Random(2).nextBytes(bytes);
      for (int i = 0; i < 20; i++) {
        boolean ignored = ws.send("message " + i) && ws.send(bytes);
        check("WebSocket text " + i, new Message.Text("message " + i), ws.receive());
        check("WebSocket bytes " + i, true, ws.receive() instanceof Message.Binary(byte[] echoed) && Arrays.equals(echoed, bytes));
      }
      System.out.println("        compressed: " + ws.isCompressed());
    }
  }

  public static void main(String[] arguments) {
    try (Loop loop = Loop.open()) {
      loop.run(
          () -> {
            try (HttpClient client = HttpClient.open(ClientOptions.defaults())) {
              JudgedClient judged = new JudgedClient(client, arguments[1]);
              if (arguments[0].equals("files")) {
                judged.files();
              } else {
                judged.echo(arguments[0].equals("echo"));
              }
            }
          });
    }
  }
}
