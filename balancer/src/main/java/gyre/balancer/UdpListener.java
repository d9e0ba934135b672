package gyre.balancer;

import gyre.CancelledException;
import gyre.Deadline;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.Signal;
import gyre.Timer;
import gyre.io.ByteQueue;
import gyre.io.IoException;
import gyre.net.Datagram;
import gyre.net.DatagramHandler;
import gyre.net.NetworkException;
import gyre.net.UdpOptions;
import gyre.net.UdpSocket;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Balances UDP: the first datagram of a client's address makes a flow, which has a target and a
 * socket of its own towards it; so answers find the way back, and a target that is not there is
 * told by the kernel. A flow ends when nothing moved for the idle time, when its target has given
 * as many answers as the listener expects, or when the target refuses.
 *
 * <p>All of it is on one loop, chosen by the listener's name. The number of flows is bounded;
 * beyond it datagrams of new clients are dropped and counted, as UDP may.
 */
final class UdpListener extends Listener {
  private static final int FLOWS_LIMIT = 8192;
  private static final int BATCH = 64;
  private static final int LOOKS = 4;
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);

  /** After a socket has broken down, until the next is tried. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private static final int FAILURES_LIMIT = 3;

  /** EMSGSIZE. */
  private static final int TOO_LONG = 90;

  /** ENETUNREACH, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH: what a target, or the way there, says. */
  private static final Set<Integer> OF_THE_TARGET = Set.of(101, 110, 111, 113);

  /** Some answers arrive at once. */
  private static final int FLOW_DATAGRAMS = 64;

  private final Balancer balancer;
  private final LoopPart part;
  private final Map<InetSocketAddress, Flow> flows = new HashMap<>();
  private final AtomicInteger open = new AtomicInteger();
  private final CompletableFuture<InetSocketAddress> started = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
  private volatile InetSocketAddress address;

  /** On its loop; null while none can be had. */
  private @Nullable UdpSocket listening;

  private int failuresInARow;
  private @Nullable Timer sweeping;
  private String lastFailure = "";
  private volatile boolean isStopping;
  private volatile long drainNanos;
  private volatile @Nullable Signal changed;

  private UdpListener(Balancer balancer, ListenConfig config, LoopPart part) {
    super(config);
    this.balancer = balancer;
    this.part = part;
    this.address = config.address();
  }

  /** Listens. From the control loop, in a fiber. */
  static UdpListener open(Balancer balancer, ListenConfig config) {
    List<Loop> loops = balancer.loops();
    Loop loop = loops.get(Math.floorMod(config.name().hashCode(), loops.size()));
    UdpListener listener = new UdpListener(balancer, config, balancer.part(loop));
    boolean isHere = Loop.current().equals(loop);
    if (isHere) {
      Fiber<?> ignored = loop.start("udp " + config.name(), listener::run);
    } else {
      loop.post(() -> {
        Fiber<?> ignored = loop.start("udp " + config.name(), listener::run);
      });
    }
    listener.address = Anywhere.await(listener.started);
    return listener;
  }

  @Override
  InetSocketAddress address() {
    return address;
  }

  @Override
  int connections() {
    return open.get();
  }

  @Override
  void stop(Duration drain) {
    drainNanos = drain.toNanos();
    isStopping = true;
    Signal present = changed;
    if (present != null) {
      present.raise();
    }
  }

  /** Its flows end: their answers would come from another socket than the client knows. */
  @Override
  void handedOver() {
    close(Duration.ZERO);
  }

  @Override
  void close(Duration drain) {
    stop(drain);
    boolean ignored = Anywhere.await(ended);
  }

  // ---- on its loop

  private void run() {
    Signal again = Signal.open();
    changed = again;
    try (Scope scope = Scope.openIsolated("udp " + config().name())) {
      listening = UdpSocket.bind(config().address(), UdpOptions.defaults());
      started.complete(listening.localAddress());
      scheduleSweep();
      serve(again);
      awaitFlows(again);
      endAll();
      scope.cancel("the listener is closed");
    } catch (RuntimeException e) {
      if (!started.completeExceptionally(e)) {
        throw e;
      }
    } finally {
      endAll();
      closeSweep();
      ended.complete(true);
    }
  }

  private void serve(Signal again) {
    Loop loop = Loop.current();
    while (!isStopping) {
      UdpSocket socket = listening;
      if (socket == null) {
        Fiber.awaitFirst(again, loop.stopping(), Deadline.in(PAUSE));
      } else {
        Fiber.awaitFirst(socket.readable(), again, loop.stopping());
      }
      again.take();
      if (loop.stopping().isReady()) {
        return; // its socket says that it is readable then as well
      }
      if (socket == null) {
        openAgain();
      } else if (socket.readable().isReady()) {
        receive(socket);
      }
    }
  }

  private void receive(UdpSocket socket) {
    List<Datagram> all;
    try {
      all = socket.receiveAll(BATCH);
      failuresInARow = 0;
    } catch (IoException e) {
      tellFailure(e);
      if (++failuresInARow == FAILURES_LIMIT) { // none of one datagram: it is over
        failuresInARow = 0;
        socket.close();
        listening = null;
      }
      return;
    }
    for (Datagram each : all) {
      try {
        pass(each);
      } catch (CancelledException e) {
        throw e;
      } catch (RuntimeException e) { // or one client could end the listener
        balancer.counters().datagramsDropped.increment();
        tellFailure(e);
      }
    }
  }

  private void openAgain() {
    try {
      listening = UdpSocket.bind(address, UdpOptions.defaults());
      lastFailure = "";
      tell("listens again");
    } catch (IoException e) {
      tellFailure(e);
    }
  }

  /** Once for each. */
  private void tellFailure(RuntimeException e) {
    String failure = e.getMessage() == null ? e.toString() : e.getMessage();
    if (!failure.equals(lastFailure)) {
      lastFailure = failure;
      tell("failed, and goes on: " + failure);
    }
  }

  private void tell(String text) {
    balancer.events().tell(part.now(), config().name(), text);
  }

  private void awaitFlows(Signal again) {
    Deadline drain = Deadline.in(Duration.ofNanos(drainNanos));
    while (!flows.isEmpty() && !drain.isReady() && !Loop.current().stopping().isReady()) {
      Fiber.awaitFirst(again, drain, Loop.current().stopping());
      again.take();
    }
  }

  private void endAll() {
    new ArrayList<>(flows.values()).forEach(flow -> flow.end("stopped"));
  }

  // ---- flows in which nothing moves

  @Override
  void change(ListenConfig next) {
    super.change(next);
    boolean ignored = part.loop().tryPost(this::scheduleSweep); // else it comes by itself
  }

  /** By the time that is configured now. */
  private void scheduleSweep() {
    closeSweep();
    if (ended.isDone()) {
      return;
    }
    Duration step = config().idleTimeout().dividedBy(LOOKS).plusNanos(1);
    boolean isNever = config().idleTimeout().isZero();
    boolean isLong = isNever || step.compareTo(LONGEST_LOOK) > 0;
    Timer timer = part.loop().after(isLong ? LONGEST_LOOK : step, this::sweep);
    timer.background(true);
    sweeping = timer;
  }

  private void closeSweep() {
    Timer present = sweeping;
    if (present != null) {
      present.close();
    }
  }

  private void sweep() {
    long limit = config().idleTimeout().toNanos();
    long now = part.nanoTime();
    for (Flow each : limit == 0 ? List.<Flow>of() : new ArrayList<>(flows.values())) {
      if (now - each.movedNanos >= limit) {
        each.end("idle");
      }
    }
    scheduleSweep();
  }

  // ---- datagrams

  static boolean isOfTheTarget(int errno) {
    return OF_THE_TARGET.contains(errno);
  }

  private void pass(Datagram datagram) {
    Counters counters = balancer.counters();
    counters.datagramsIn.increment();
    Flow flow = flows.get(datagram.address());
    if (flow != null && flow.isTargetLost()) {
      flow.end("target-down");
      flow = null;
    }
    if (flow == null) {
      flow = begin(datagram.address());
    }
    if (flow == null || !flow.send(datagram)) {
      counters.datagramsDropped.increment();
    }
  }

  private @Nullable Flow begin(InetSocketAddress client) {
    ListenConfig rules = config();
    Counters counters = balancer.counters();
    int limit = rules.maxConnections() == 0 ? FLOWS_LIMIT : rules.maxConnections();
    if (flows.size() >= limit) {
      counters.refusedByLimit.increment();
      return null;
    }
    if (rules.sourceRate() > 0
        && !balancer
            .sourceRates(rules)
            .tryEnter(
                client.getAddress(), rules.sourceRate(), rules.sourceBurst(), part.nanoTime())) {
      counters.refusedByRate.increment();
      return null;
    }
    Pool pool = balancer.pool(rules.pool());
    Decision decision =
        pool == null
            ? new Decision.Nobody("there is no pool")
            : pool.decide(part, client.getAddress(), List.of());
    if (pool == null || !(decision instanceof Decision.Chosen chosen)) {
      counters.refusedNobody.increment();
      return null;
    }
    try {
      return new Flow(client, pool, chosen.target());
    } catch (IoException e) {
      pool.release(chosen.target());
      counters.shed.increment();
      return null;
    }
  }

  /** What one client sends to one target, and gets back. */
  private final class Flow implements DatagramHandler {
    private final InetSocketAddress client;
    private final Pool pool;
    private final Target target;
    private final InetSocketAddress peer;
    private final UdpSocket socket;
    private final long startNanos = part.nanoTime();
    private long movedNanos = startNanos;
    private int replies;
    private long bytesIn;
    private long bytesOut;
    private boolean isOver;

    Flow(InetSocketAddress client, Pool pool, Target target) {
      this.client = client;
      this.pool = pool;
      this.target = target;
      this.peer = target.config().address();
      this.socket =
          UdpSocket.connect(peer, UdpOptions.defaults().receiveLimitDatagrams(FLOW_DATAGRAMS));
      flows.put(client, this);
      open.incrementAndGet();
      balancer.counters().accepted.increment();
      balancer.counters().sessions.incrementAndGet();
      target.connections.increment();
      pool.remember(client.getAddress(), target, startNanos);
      socket.onDatagram(this);
    }

    /** Whether another one has to be chosen: a client that goes on for ever would stay there. */
    boolean isTargetLost() {
      return target.isRemoved() || (target.health() == Target.Health.DOWN && !pool.isPanic());
    }

    boolean send(Datagram datagram) {
      int bytes = datagram.payload().remaining();
      if (datagram.truncated() || !socket.trySend(datagram.payload(), peer)) {
        return false;
      }
      movedNanos = part.nanoTime();
      bytesIn += bytes;
      target.bytesIn.add(bytes);
      return true;
    }

    @Override
    public void onDatagram(ByteQueue payload, InetSocketAddress source) {
      movedNanos = part.nanoTime();
      long bytes = payload.size();
      UdpSocket back = listening;
      if (back == null || !back.isOpen() || !back.trySend(payload, client)) {
        balancer.counters().datagramsDropped.increment();
        return;
      }
      balancer.counters().datagramsOut.increment();
      bytesOut += bytes;
      target.bytesOut.add(bytes);
      target.succeeded();
      replies++;
      int expected = config().udpReplies();
      if (expected > 0 && replies >= expected) {
        end("done");
      }
    }

    @Override
    public void onFailure(UdpSocket failed, NetworkException failure) {
      if (failure.errno() == TOO_LONG) { // for the way to the target, not for that of the client
        balancer.counters().datagramsDropped.increment();
      } else if (isOfTheTarget(failure.errno())) {
        pool.failed(target, String.valueOf(failure.getMessage()), part);
        end("target-broke");
      } else {
        balancer.counters().shed.increment();
        end("shed");
      }
    }

    void end(String why) {
      if (isOver) {
        return;
      }
      isOver = true;
      flows.remove(client, this);
      open.decrementAndGet();
      socket.close();
      pool.release(target);
      balancer.counters().done.increment(); // first, as in sessions of TCP
      balancer.counters().sessions.decrementAndGet();
      log(why);
      Signal present = changed;
      if (isStopping && present != null) {
        present.raise();
      }
    }

    private void log(String why) {
      AccessLog log = balancer.accessLog();
      if (log != null) {
        long nanos = part.nanoTime() - startNanos;
        log.add(
            new AccessRecord(
                part.now(), config().name(), client, target, 0, 0, nanos, bytesIn, bytesOut, why));
      }
    }
  }
}
