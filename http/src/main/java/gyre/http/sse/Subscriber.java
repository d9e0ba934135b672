package gyre.http.sse;

import gyre.Deadline;
import gyre.Fiber;
import gyre.Registration;
import gyre.WaitPoint;
import gyre.http.HttpException;
import gyre.http.Request;
import gyre.http.Response;
import gyre.http.ResponseBody;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** One who listens: a place in the ring, and a fiber that sends what is behind it. */
final class Subscriber extends WaitPoint {
  /** Events that go out in one write. */
  private static final int BATCH_BYTES = 64 * 1024;

  private static final byte[] HEARTBEAT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

  private final SseHub hub;
  private final HubLoop home;
  private final Request request;

  /** Of the last event that was sent. */
  private long place;

  /** The server, the loop or the connection ends. */
  private boolean isDraining;

  Subscriber(SseHub hub, HubLoop home, Request request) {
    this.hub = hub;
    this.home = home;
    this.request = request;
    String seen = request.header("Last-Event-ID");
    this.place = seen == null || seen.isEmpty() ? hub.ring().newest() : placeBehind(hub, seen);
  }

  private static long placeBehind(SseHub hub, String seen) {
    // Fields are characters of ISO 8859-1, ids are UTF-8.
    String id = new String(seen.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    long known = hub.ring().placeOf(id);
    return known < 0 ? hub.ring().oldest() - 1 : known;
  }

  /** Whether waiting is over: for an event, or the end. */
  @Override
  public boolean isReady() {
    return hub.ring().newest() > place || isEnding();
  }

  @Override
  public String doing() {
    return "waiting for an event to send";
  }

  void wake() {
    if (isReady()) {
      wakeAll();
    }
  }

  private void drain() {
    isDraining = true;
    wake();
  }

  private boolean isEnding() {
    return hub.isClosed() || isDraining;
  }

  void serve(Response response) {
    Registration atEnd = request.onEnding(this::drain);
    try {
      isDraining |= request.isDraining();
      send(response);
    } finally {
      atEnd.close();
    }
  }

  private void send(Response response) {
    response.contentType("text/event-stream").header("Cache-Control", "no-cache");
    ResponseBody out = response.stream();
    home.add(this);
    try {
      Duration retry = hub.options().retry();
      out.write(retry == null ? HEARTBEAT : retryField(retry)); // the head goes out with it
      while (!isEnding()) {
        sendKept(out);
        await(out);
      }
      sendKept(out);
      byte[] last = hub.last();
      if (last != null) {
        out.write(last);
      }
    } finally {
      home.remove(this);
    }
  }

  private static byte[] retryField(Duration retry) {
    return ("retry: " + retry.toMillis() + "\n\n").getBytes(StandardCharsets.US_ASCII);
  }

  private void await(ResponseBody out) {
    if (isReady()) {
      return;
    }
    Deadline heartbeat = Deadline.in(hub.options().heartbeat());
    var ignored = Fiber.awaitFirst(this, heartbeat);
    if (!isReady()) {
      out.write(HEARTBEAT); // which fails where the other side has gone
    }
  }

  /** Parks while the other side is slow; meanwhile the ring goes on. */
  private void sendKept(ResponseBody out) {
    List<EventRing.Kept> batch = next();
    while (!batch.isEmpty()) {
      for (EventRing.Kept each : batch) {
        out.write(each.bytes());
        place = each.place();
      }
      batch = next();
    }
  }

  private List<EventRing.Kept> next() {
    EventRing ring = hub.ring();
    EventRing.Batch batch = ring.after(place, BATCH_BYTES);
    if (batch.missed() == 0) {
      return batch.events();
    }
    return switch (hub.options().slow()) {
      case CLOSE -> {
        hub.countClosedAsSlow();
        // The answer has begun, so this resets the connection, and nobody is told of an error.
        throw new HttpException(503, "too slow");
      }
      case DROP_TO_LATEST -> {
        EventRing.Kept latest = Objects.requireNonNull(ring.latest());
        hub.countDropped(latest.place() - 1 - place);
        yield List.of(latest);
      }
    };
  }
}
