package gyre.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gyre.LoopGroup;
import gyre.Loops;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which handler gets a request, and what its parameters are. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RouterTest {
  private static HttpHandler saying(String text) {
    return (request, response) -> response.send(text);
  }

  private static final Router ROUTER =
      Router.create()
          .get("/", saying("root"))
          .get("/users", saying("users"))
          .post("/users", saying("new user"))
          .get("/users/me", saying("me"))
          .get(
              "/users/{id:int}",
              (request, response) -> response.send("number " + request.intParameter("id")))
          .get(
              "/users/{name}",
              (request, response) -> response.send("name " + request.parameter("name")))
          .get(
              "/users/{name}/files/{path*}",
              (request, response) ->
                  response.send(request.parameter("name") + ": " + request.parameter("path")))
          .get("/usual", saying("usual"))
          .get(
              "/%63af%c3%a9",
              (request, response) -> response.send(request.path() + " " + request.target()))
          .get(
              "/big/{n:long}",
              (request, response) -> response.send("long " + request.longParameter("n")))
          .get(
              "/query",
              (request, response) ->
                  response.send(request.queryParameter("a") + "," + request.queryParameter("b")))
          .get("/healthz", Health.create())
          .get("/sick", Health.create().check("disk", () -> false))
          .filter(next ->
              (request, response) -> {
                response.header("X-Outer", "1");
                next.handle(request, response);
              })
          .filter(next ->
              (request, response) -> {
                if (request.isPath("/forbidden")) {
                  throw new HttpException(403, "not here");
                }
                next.handle(request, response);
              });

  private static RawClient.Answer ask(String line) throws Exception {
    try (LoopGroup group = LoopGroup.open(1, Loops.options("nio"));
        HttpServer server =
            HttpServer.onRequest(group, Style.ANY_PORT, HttpOptions.defaults(), ROUTER);
        RawClient client = new RawClient(server.address())) {
      client.send(line + " HTTP/1.1\r\nHost: a\r\n\r\n");
      return client.receive(line.substring(0, line.indexOf(' ')));
    }
  }

  private static String body(String path) throws Exception {
    return ask("GET " + path).body();
  }

  @Test
  void shouldFindTextBeforeParametersAndTypesBeforeNames() throws Exception {
    assertThat(body("/")).isEqualTo("root");
    assertThat(body("/users")).isEqualTo("users");
    assertThat(body("/users/me")).isEqualTo("me");
    assertThat(body("/users/12")).isEqualTo("number 12");
    assertThat(body("/users/-12")).isEqualTo("number -12");
    assertThat(body("/users/2147483648")).isEqualTo("name 2147483648");
    assertThat(body("/users/men")).isEqualTo("name men");
    assertThat(body("/usual?x=1")).isEqualTo("usual");
    assertThat(body("/big/-9000000000")).isEqualTo("long -9000000000");
  }

  @Test
  void shouldTryTheNextChoiceWhereTheFirstDoesNotLeadToTheEnd() throws Exception {
    assertThat(body("/users/me/files/a/b")).isEqualTo("me: a/b");
    assertThat(body("/users/12/files/")).isEqualTo("12: ");
  }

  @Test
  void shouldDecodeParametersOnce() throws Exception {
    assertThat(body("/users/a%20b%2525")).isEqualTo("name a b%25");
    assertThat(body("/users/%2f")).isEqualTo("name /");
    assertThat(ask("GET /users/%ff").status()).isEqualTo(400);
    assertThat(body("/query?x=1&a=b+c%26&b")).isEqualTo("b c&,");
    assertThat(body("/query")).isEqualTo("null,null");
  }

  @Test
  void shouldTakeEscapesThatMeanTheSameForTheSame() throws Exception {
    assertThat(body("/%75sers/%6d%65")).isEqualTo("me");
    assertThat(body("/users/%31%32?%41=1")).isEqualTo("number 12");
    assertThat(ask("GET /%66orbidden").status()).as("a filter sees it too").isEqualTo(403);
    assertThat(body("/caf%c3%A9?%61=%c3")).isEqualTo("/caf%C3%A9 /caf%C3%A9?%61=%c3");
    assertThat(ask("GET /users%2Fme").status()).as("a slash is another path").isEqualTo(404);
  }

  @Test
  void shouldAnswerForPathsAndMethodsThatItHasNot() throws Exception {
    assertThat(ask("GET /no").status()).isEqualTo(404);
    assertThat(ask("GET /users/").status()).isEqualTo(404);
    assertThat(ask("GET /big/x").status()).isEqualTo(404);
    RawClient.Answer answer = ask("DELETE /users");
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.hasField("Allow: OPTIONS, GET, HEAD, POST")).isTrue();
    answer = ask("OPTIONS /users");
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.hasField("Allow: OPTIONS, GET, HEAD, POST")).isTrue();
    assertThat(ask("OPTIONS *").status()).isEqualTo(204);
    assertThat(ask("HEAD /users").hasField("Content-Length: 5")).isTrue();
  }

  @Test
  void shouldCallFiltersInTheirOrder() throws Exception {
    RawClient.Answer answer = ask("GET /forbidden");
    assertThat(answer.status()).isEqualTo(403);
    assertThat(ask("GET /users").hasField("X-Outer: 1")).isTrue();
  }

  @Test
  void shouldTellWhetherItIsWell() throws Exception {
    assertThat(ask("GET /healthz").status()).isEqualTo(200);
    RawClient.Answer answer = ask("GET /sick");
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.body()).isEqualTo("disk\n");
  }

  @Test
  void shouldRefusePatternsThatMakeNoSense() {
    for (String pattern :
        new String[] {"users", "/a{b}", "/{a}b", "/{}", "/{a", "/{a:float}", "/{a*}/b"}) {
      assertThatThrownBy(() -> Router.create().get(pattern, saying("")))
          .as(pattern)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Router.create().get("/a", saying("")).get("/a", saying("")))
        .hasMessageContaining("already");
    assertThatThrownBy(() -> Router.create().get("/{a}", saying("")).post("/{b}", saying("")))
        .hasMessageContaining("other names");
  }
}
