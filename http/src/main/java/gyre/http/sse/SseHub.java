package gyre.http.sse;

import gyre.Loop;
import gyre.http.HttpException;
import gyre.http.HttpHandler;
import gyre.http.Request;
import gyre.http.Response;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sends events to all who listen. {@link #handler} is what a server answers their requests with, in
 * either style; {@link #publish} may be called from any thread.
 *
 * <pre>{@code
 * SseHub hub = SseHub.create(SseOptions.defaults());
 * Router router = Router.create().get("/events", hub.handler());
 * ...
 * hub.publish(SseEvent.of("it is 12 o'clock").id("12"));
 * }</pre>
 *
 * <p>An event is encoded once, whoever listens. The newest ones are kept, and each subscriber reads
 * them at his own pace: so nobody has a queue of his own, and the memory is bounded whatever they
 * do. One who comes back with {@code Last-Event-ID} goes on behind that event if it is still kept,
 * and with the oldest that is kept otherwise. One who falls behind what is kept is slow: see {@link
 * SseOptions#slow}.
 *
 * <p>It ends when it is closed, or with the server: each subscriber is sent what is left, then
 * {@link SseOptions#lastEvent}, and the answer ends.
 */
public final class SseHub implements AutoCloseable {
  private final SseOptions options;
  private final EventRing ring;
  private final ConcurrentHashMap<Loop, HubLoop> loops = new ConcurrentHashMap<>();
  private final AtomicInteger subscribers = new AtomicInteger();
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong closedAsSlow = new AtomicLong();
  private final byte @Nullable [] last;
  private volatile boolean isClosed;

  private SseHub(SseOptions options) {
    this.options = options;
    this.ring = new EventRing(options.keptEvents(), options.keptBytes());
    SseEvent event = options.lastEvent();
    this.last = event == null ? null : event.encode();
  }

  public static SseHub create(SseOptions options) {
    return new SseHub(options);
  }

  /** Answers a request by the events from now on, until one of both ends it. */
  public HttpHandler handler() {
    return HttpHandler.inFiber(this::serve);
  }

  private void serve(Request request, Response response) {
    if (isClosed || request.isDraining()) {
      throw new HttpException(503, "there are no more events");
    }
    if (subscribers.incrementAndGet() > options.subscribers()) {
      subscribers.decrementAndGet();
      throw new HttpException(503, "too many listen already");
    }
    try {
      HubLoop home = loops.computeIfAbsent(Loop.current(), HubLoop::new);
      new Subscriber(this, home, request).serve(response);
    } finally {
      subscribers.decrementAndGet();
    }
  }

  /**
   * Sends an event to all who listen, and keeps it for those who come back. From any thread; does
   * not wait.
   *
   * @throws IllegalStateException if the hub is closed
   */
  public void publish(SseEvent event) {
    byte[] encoded = event.encode();
    if (isClosed) {
      throw new IllegalStateException("the hub is closed");
    }
    ring.add(event.id(), encoded);
    wakeAll();
  }

  private void wakeAll() {
    for (HubLoop each : loops.values()) {
      each.wakeSoon();
    }
  }

  /** How many listen at present. */
  public int subscribers() {
    return subscribers.get();
  }

  /** How many events were not sent to somebody because he was slow. */
  public long dropped() {
    return dropped.get();
  }

  /** How many subscribers were closed because they were slow. */
  public long closedAsSlow() {
    return closedAsSlow.get();
  }

  /** Ends all answers, with the last event. From any thread; does not wait. */
  @Override
  public void close() {
    isClosed = true;
    wakeAll();
  }

  // ---- for subscribers

  SseOptions options() {
    return options;
  }

  EventRing ring() {
    return ring;
  }

  byte @Nullable [] last() {
    return last;
  }

  boolean isClosed() {
    return isClosed;
  }

  void countDropped(long events) {
    dropped.addAndGet(events);
  }

  void countClosedAsSlow() {
    closedAsSlow.incrementAndGet();
  }
}
