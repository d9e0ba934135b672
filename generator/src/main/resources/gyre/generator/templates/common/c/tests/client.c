// The client's states without a socket: `make check` builds and runs this.
#include "client.c"

#define CHECK(what) \
  do { \
    if (!(what)) { \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
      exit(1); \
    } \
  } while (0)

// A connection that only remembers what is wanted of it.
struct link {
  int connects, closes;
  char said[256];
};

void link_connect(struct link *link) { link->connects++; }

void link_say(struct link *link, const char *text, size_t count) {
  CHECK(count < sizeof link->said);
  memcpy(link->said, text, count);
  link->said[count] = 0;
}

void link_close(struct link *link) { link->closes++; }

static const struct options OPTIONS = {.heartbeat_millis = 1000, .answer_millis = 500, .retry_max_millis = 2000};

static struct client client_of(struct link *link) {
  return (struct client){.options = &OPTIONS, .link = link};
}

static void hear(struct client *c, const char *text, int64_t now) {
  client_received(c, text, strlen(text), now);
}

static struct client ready_client(struct link *link) {
  struct client c = client_of(link);
  client_begin(&c, 0);
  client_connected(&c, 0);
  hear(&c, "welcome\n", 0);
  CHECK(c.state == READY);
  return c;
}

static void should_greet_and_ask(void) {
  struct link link = {0};
  struct client c = client_of(&link);
  client_begin(&c, 0);
  CHECK(c.state == CONNECTING && link.connects == 1 && c.due_millis == 500);
  client_connected(&c, 10);
  CHECK(c.state == GREETING && strncmp(link.said, "hello ", 6) == 0);
  hear(&c, "wel", 20);
  hear(&c, "come\r\n", 20);
  CHECK(c.state == READY && c.due_millis == 1020);
  client_due(&c, 1020);
  CHECK(strcmp(link.said, "ping 1\n") == 0 && c.due_millis == 1520);
  hear(&c, "pong 1\n", 1100);
  CHECK(c.state == READY && c.due_millis == 2100 && link.closes == 0);
}

static void should_connect_again_after_whatever_is_wrong(void) {
  const char *wrong[] = {"pong 2\n", "pong 1 \n", "welcome\n", "\n"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct link link = {0};
    struct client c = ready_client(&link);
    client_due(&c, 1000);
    hear(&c, wrong[i], 1000);
    CHECK(c.state == WAITING && link.closes == 1);
    client_due(&c, c.due_millis);
    CHECK(c.state == CONNECTING && link.connects == 2);
  }
  struct link link = {0};
  struct client c = ready_client(&link);
  hear(&c, "pong 0\npong 0\n", 10);  // unasked, and what follows is of a connection that is closed
  CHECK(c.state == WAITING && link.closes == 1);
  c = ready_client(&link);
  client_due(&c, 1000);
  client_due(&c, 1500);  // no answer in time
  CHECK(c.state == WAITING);
  c = ready_client(&link);
  char line[CLIENT_LINE_BYTES + 1];
  memset(line, 'x', sizeof line);
  client_received(&c, line, sizeof line, 10);
  CHECK(c.state == WAITING);
}

static void should_pause_longer_each_time_up_to_a_limit(void) {
  struct link link = {0};
  struct client c = client_of(&link);
  client_begin(&c, 0);
  for (int64_t most = 100; most < 1000000; most *= 2) {
    int64_t limit = most < OPTIONS.retry_max_millis ? most : OPTIONS.retry_max_millis;
    client_lost(&c, "a test", 0);
    CHECK(c.state == WAITING && c.due_millis >= limit / 2 && c.due_millis <= limit);
    client_due(&c, c.due_millis);
  }
}

static void should_say_bye(void) {
  struct link link = {0};
  struct client c = ready_client(&link);
  client_due(&c, 1000);
  client_stop(&c, 1010);
  CHECK(c.state == ENDED && !c.is_over && strcmp(link.said, "bye\n") == 0);
  hear(&c, "pong 1\nbye\n", 1020);
  CHECK(c.is_over && link.closes == 1);
  c = client_of(&link);
  client_begin(&c, 0);
  client_stop(&c, 0);  // there is nobody to say it to
  CHECK(c.state == ENDED && c.is_over);
}

int main(void) {
  should_greet_and_ask();
  should_connect_again_after_whatever_is_wrong();
  should_pause_longer_each_time_up_to_a_limit();
  should_say_bye();
  return 0;
}
