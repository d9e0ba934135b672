package gyre;

import static org.assertj.core.api.Assertions.assertThat;

import gyre.io.ByteQueue;
import gyre.io.ByteRateLimit;
import gyre.io.EndOfStreamException;
import gyre.io.IoException;
import gyre.net.ConnectOptions;
import gyre.net.ConnectionPool;
import gyre.net.DnsResolver;
import gyre.net.HandedListener;
import gyre.net.Lease;
import gyre.net.ListenOptions;
import gyre.net.SocketStream;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpServer;
import gyre.net.TcpStream;
import gyre.net.UdpOptions;
import gyre.net.UdpSocket;
import gyre.net.UnixListener;
import gyre.net.UnixStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

// Over 500 lines: a third of it lists what may be called from any thread.
/**
 * Calls every public method of everything that lives on a loop from elsewhere. Each either is in
 * the list of those that may be called from any thread, or refuses the call and changes nothing.
 *
 * <p>Methods and types are found by reflection: a new one fails this test until it checks its
 * caller, or is put into a list here, and its documentation says so.
 */
@Tag("fiber-modes")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ForeignThreadTest {
  private static final Duration LONG = Duration.ofHours(1);
  private static final InetSocketAddress NOBODY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);

  /** From any thread: nothing that they touch changes, or they are made for it. */
  private static final Set<String> ANY_THREAD =
      Set.of(
          "Loop.executor",
          "Loop.offloadExecutor",
          "Waiter.isClaiming", // what a source asks, at each wait
          "Waiter.isLeavingUnclaimed",
          "Waiter.isUndecided",
          "ByteSource.lines", // its iterator reads
          "ByteStream.asInputStream",
          "ByteStream.asOutputStream",
          "Cancellation.cancel",
          "Cancellation.check",
          "Cancellation.isCancelled",
          "Cancellation.reason",
          "Completion.doing",
          "Completion.get",
          "Completion.isReady",
          "Completion.of", // on the loop of the caller
          "Completion.wakeAll", // as those of Deadline
          "Completion.wakeFirst",
          "Deadline.doing",
          "Deadline.in", // on the loop of the caller
          "Deadline.isReady",
          "Deadline.remainingNanos",
          "Deadline.wakeAll", // nobody waits there in this test, and so there is nothing to touch
          "Deadline.wakeFirst",
          "Fiber.isAlive",
          "Fiber.name",
          "Fiber.outcome",
          "Fiber.scope",
          "Fiber.stackTrace",
          "Fiber.toString",
          "Fiber.unpark",
          "Handle.isOpen",
          "Handle.kind",
          "Handle.loop",
          "Handle.name",
          "Handle.owner",
          "Handle.pendingOperations",
          "Handle.state",
          "Handle.toString",
          "Loop.call",
          "Loop.callAsync",
          "Loop.clock",
          "Loop.counters",
          "Loop.driver",
          "Loop.engineExplanation",
          "Loop.engineName",
          "Loop.fiberMode",
          "Loop.forceShutdown",
          "Loop.name",
          "Loop.nanoTime",
          "Loop.post",
          "Loop.root",
          "Loop.shutdown",
          "Loop.toString",
          "Loop.tryPost",
          "Scope.cancel",
          "Scope.cancellation",
          "Scope.name",
          "Scope.parent",
          "Scope.toString",
          "Signal.doing",
          "Signal.isReady",
          "Signal.raise",
          "Signal.take",
          "Signal.wakeAll", // as above
          "Signal.wakeFirst",
          "SocketStream.awaitLimitBytes",
          "SocketStream.streamOptions",
          "TcpListener.address",
          "TcpListener.port",
          "UdpSocket.localAddress",
          "UdpSocket.port",
          "UdpSocket.remoteAddress",
          "UnixListener.path",
          "UnixStream.path",
          "WaitPoint.firstFiber",
          "WaitPoint.hasWaiters",
          "WaitPoint.toString",
          "Waiter.fiber");

  /** Those of them that end something: each gets a loop of its own. */
  private static final Set<String> ENDING =
      Set.of("Loop.shutdown", "Loop.forceShutdown", "Scope.cancel", "Cancellation.cancel");

  /** What does not live on a loop, and so has no calls to refuse. */
  private static final Set<Class<?>> FREE =
      Set.of(
          LoopGroup.class,
          LoopCounters.class,
          TcpServer.class,
          HoldBase.class, // what locks are made of
          HoldWait.class,
          ConnectionPool.class, // made of handles, each of which refuses
          Lease.class,
          DnsResolver.class,
          LoopTree.class, // a watcher reads it where the loop is stuck
          HandedListener.class); // asks for the current loop itself

  /** Where calls come from. */
  enum Caller {
    PLATFORM_THREAD,
    VIRTUAL_THREAD,
    FIBER_OF_ANOTHER_LOOP
  }

  /** A level that nobody raises. */
  private static final class Gate extends WaitPoint {
    private @Nullable Waiter waiter;

    @Override
    public void arm(Waiter arriving) {
      super.arm(arriving);
      waiter = arriving;
    }

    @Override
    public boolean isReady() {
      return false;
    }

    @Override
    public String doing() {
      return "waiting at a gate";
    }
  }

  /** A loop on a thread of its own, with one of everything. */
  private static final class World implements AutoCloseable {
    private final Map<Class<?>, Object> subjects = new LinkedHashMap<>();
    private final CompletableFuture<Boolean> ready = new CompletableFuture<>();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private @Nullable Fiber<?> main;
    private @Nullable Waiter waiter;
    private @Nullable ByteRateLimit limit;
    private volatile boolean isOver;

    World() throws Exception {
      Thread.ofPlatform().start(this::run);
      ready.get();
    }

    private void run() {
      try (Loop loop = Loop.open(Loops.options("auto").name("home"))) {
        loop.run(this::live);
        ended.complete(true);
      } catch (Throwable e) {
        ready.completeExceptionally(e);
        ended.completeExceptionally(e);
      }
    }

    private void live() throws Exception {
      main = Fiber.current();
      try (Scope scope = Scope.open("inner")) {
        open(scope);
        ready.complete(true);
        while (!isOver) {
          Fiber.park();
        }
        scope.cancel("the test is over");
      }
    }

    private void open(Scope scope) {
      Gate gate = new Gate();
      Fiber<?> fiber = scope.start("waiter", () -> Fiber.await(gate));
      while (gate.waiter == null) {
        Fiber.yield();
      }
      waiter = gate.waiter;
      limit = ByteRateLimit.create("limit", 1);
      TcpListener listener = TcpListener.bind("127.0.0.1", 0);
      UnixListener unixListener = UnixListener.bind(Path.of("@gyre-foreign-" + System.nanoTime()));
      UdpSocket udp = UdpSocket.connect(NOBODY);
      Cancellation token = Cancellation.current().child();
      put(Loop.class, Loop.current());
      put(LoopDriver.class, Loop.current().driver());
      put(Scope.class, scope);
      put(Fiber.class, fiber);
      put(Cancellation.class, token);
      put(Registration.class, token.onCancel(() -> {}));
      put(Timer.class, Loop.current().after(LONG, () -> {}));
      put(Signal.class, Signal.open());
      put(Deadline.class, Deadline.in(LONG));
      put(Completion.class, Completion.of(CompletableFuture.completedFuture(1)));
      put(WaitPoint.class, gate);
      put(Waiter.class, gate.waiter);
      put(Source.class, fiber.end());
      put(TcpListener.class, listener);
      put(TcpStream.class, TcpStream.connect(listener.address()));
      put(UnixListener.class, unixListener);
      put(UnixStream.class, UnixStream.pair().left());
      put(UdpSocket.class, udp);
    }

    <S> S subject(Class<S> type) {
      return type.cast(Objects.requireNonNull(subjects.get(type)));
    }

    private void put(Class<?> type, @Nullable Object subject) {
      subjects.put(type, subject);
    }

    /** How everything stands, by its own words, told on the loop. */
    String picture() throws Exception {
      CompletableFuture<String> picture = new CompletableFuture<>();
      subject(Loop.class)
          .post(() -> {
            try {
              picture.complete(draw());
            } catch (Throwable e) {
              picture.completeExceptionally(e);
            }
          });
      return picture.get();
    }

    private String draw() {
      Timer timer = subject(Timer.class);
      Scope scope = subject(Scope.class);
      WaitPoint gate = subject(WaitPoint.class);
      Cancellation token = subject(Cancellation.class);
      List<String> handles =
          subject(Loop.class).handles().stream()
              .map(h -> h.name() + " " + h.state())
              .sorted()
              .toList();
      return handles
          + ", timer "
          + timer.isActive()
          + (timer.remainingNanos() > LONG.toNanos() / 2)
          + ", fibers "
          + scope.fibers()
          + ", token "
          + token.reason()
          + ", "
          + scope.cancellation().reason()
          + ", gate "
          + gate.hasWaiters();
    }

    @Override
    public void close() {
      isOver = true;
      if (main != null) {
        main.unpark();
      }
      ended.join();
    }
  }

  // ---- the calls

  private static List<Method> methods(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(m -> m.getDeclaringClass().getName().startsWith("gyre."))
        .filter(m -> !m.isSynthetic() && !m.isBridge())
        .sorted(Comparator.comparing(Method::toString))
        .toList();
  }

  /** Named after the type that a user calls it on, or the one above that it comes from. */
  private static boolean isForAnyThread(Method method, Class<?> type) {
    String name = method.getName();
    return ANY_THREAD.contains(type.getSimpleName() + "." + name)
        || ANY_THREAD.contains(method.getDeclaringClass().getSimpleName() + "." + name)
        || (Handle.class.isAssignableFrom(type) && ANY_THREAD.contains("Handle." + name))
        || (Source.class.isAssignableFrom(type)
            && (name.equals("isReady") || name.equals("doing")));
  }

  private static boolean isEnding(Method method) {
    return ENDING.contains(method.getDeclaringClass().getSimpleName() + "." + method.getName());
  }

  private static Object[] arguments(Method method, World world) throws Exception {
    Class<?>[] types = method.getParameterTypes();
    Object[] values = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      values[i] = argument(types[i], world);
    }
    return values;
  }

  private static Object argument(Class<?> type, World world) throws Exception {
    Map<Class<?>, Object> known =
        Map.ofEntries(
            Map.entry(byte.class, (byte) 1),
            Map.entry(int.class, 1),
            Map.entry(long.class, 1L),
            Map.entry(boolean.class, true),
            Map.entry(String.class, "127.0.0.1"),
            Map.entry(Duration.class, Duration.ofMillis(1)),
            Map.entry(ByteBuffer.class, ByteBuffer.allocate(8)),
            Map.entry(byte[].class, new byte[8]),
            Map.entry(ByteQueue.class, ByteQueue.create()),
            Map.entry(Charset.class, StandardCharsets.UTF_8),
            Map.entry(IoException.class, new EndOfStreamException("read", "nothing", "ended")),
            Map.entry(Path.class, Path.of("@gyre-foreign")),
            Map.entry(InetAddress.class, InetAddress.getByName("239.1.2.3")),
            Map.entry(InetSocketAddress.class, NOBODY),
            Map.entry(NetworkInterface.class, NetworkInterface.getByIndex(1)),
            Map.entry(List.class, List.of()),
            Map.entry(Source[].class, new Source[] {new Gate()}),
            Map.entry(StreamOptions.class, StreamOptions.defaults()),
            Map.entry(ConnectOptions.class, ConnectOptions.defaults()),
            Map.entry(ListenOptions.class, ListenOptions.defaults()),
            Map.entry(UdpOptions.class, UdpOptions.defaults()),
            Map.entry(ShutdownOptions.class, ShutdownOptions.defaults()));
    Object value = known.get(type);
    if (type == Waiter.class) {
      value = world.waiter;
    } else if (type == ByteRateLimit.class) {
      value = world.limit;
    } else if (type == SocketStream.class) {
      value = world.subject(TcpStream.class);
    }
    if (value == null && type.isInterface()) {
      return Proxy.newProxyInstance(
          type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> null);
    }
    return Objects.requireNonNull(value, () -> "an argument of type " + type);
  }

  /** What the call threw, or null. */
  private static @Nullable Throwable call(Method method, @Nullable Object subject, World world)
      throws Exception {
    try {
      method.setAccessible(true); // of classes that are not public themselves
      method.invoke(subject, arguments(method, world));
      return null;
    } catch (InvocationTargetException e) {
      return e.getCause();
    }
  }

  private interface Calls {
    void run() throws Exception;
  }

  private static void from(Caller caller, Calls calls) throws Exception {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    Runnable body =
        () -> {
          try {
            calls.run();
            done.complete(true);
          } catch (Throwable e) {
            done.completeExceptionally(e);
          }
        };
    switch (caller) {
      case PLATFORM_THREAD -> Thread.ofPlatform().start(body);
      case VIRTUAL_THREAD -> Thread.ofVirtual().start(body);
      case FIBER_OF_ANOTHER_LOOP ->
          Thread.ofPlatform()
              .start(() -> {
                try (Loop other = Loop.open(Loops.options("auto").name("other"))) {
                  other.run(body::run);
                }
              });
    }
    done.get();
  }

  // ---- tests

  @ParameterizedTest
  @EnumSource
  void shouldRefuseWhatIsNotForOtherThreadsAndChangeNothing(Caller caller) throws Exception {
    try (World world = new World()) {
      String before = world.picture();
      List<String> taken = new ArrayList<>();
      int[] calls = {0};
      from(
          caller,
          () -> {
            for (Map.Entry<Class<?>, Object> entry : world.subjects.entrySet()) {
              for (Method method : methods(entry.getKey())) {
                if (isForAnyThread(method, entry.getKey()) || isForCaller(method, caller)) {
                  continue;
                }
                calls[0]++;
                Throwable thrown = call(method, entry.getValue(), world);
                if (!(thrown instanceof IllegalStateException)) {
                  taken.add(method + " -> " + thrown);
                }
              }
            }
          });
      assertThat(taken).as("calls that were not refused").isEmpty();
      assertThat(calls[0]).isGreaterThan(100);
      assertThat(world.picture()).isEqualTo(before);
    }
  }

  /** Static ones act on the loop of the caller, or open one. */
  private static boolean isForCaller(Method method, Caller caller) {
    return Modifier.isStatic(method.getModifiers())
        && (caller == Caller.FIBER_OF_ANOTHER_LOOP
            || (method.getDeclaringClass() == Loop.class && method.getName().equals("open")));
  }

  @ParameterizedTest
  @EnumSource
  void shouldTakeWhatIsForAnyThread(Caller caller) throws Exception {
    try (World world = new World()) {
      String before = world.picture();
      Set<String> seen = new TreeSet<>();
      from(
          caller,
          () -> {
            for (Map.Entry<Class<?>, Object> entry : world.subjects.entrySet()) {
              for (Method method : methods(entry.getKey())) {
                if (isForAnyThread(method, entry.getKey())
                    && !Modifier.isStatic(method.getModifiers())
                    && !isEnding(method)) {
                  seen.add(method.getName());
                  Throwable thrown = call(method, entry.getValue(), world);
                  assertThat(thrown == null || thrown instanceof CancelledException)
                      .as("%s -> %s", method, thrown)
                      .isTrue();
                }
              }
            }
          });
      assertThat(seen).contains("unpark", "post", "raise", "state", "remoteAddress");
      assertThat(world.picture()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Loop.shutdown", "Loop.forceShutdown", "Scope.cancel"})
  void shouldEndThingsFromAnyThread(String what) throws Exception {
    World world = new World();
    from(
        Caller.PLATFORM_THREAD,
        () -> {
          Loop loop = world.subject(Loop.class);
          switch (what) {
            case "Loop.shutdown" -> loop.shutdown(ShutdownOptions.defaults().drain(Duration.ZERO));
            case "Loop.forceShutdown" -> loop.forceShutdown();
            default -> loop.root().cancel("enough");
          }
        });
    try {
      world.ended.get(); // the loop ends by itself
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(CancelledException.class);
    }
  }

  @Test
  void shouldKnowEveryPublicTypeThatHasMethods() throws Exception {
    Set<Class<?>> subjects = new HashSet<>();
    try (World world = new World()) {
      subjects.addAll(world.subjects.keySet());
    }
    List<String> unknown = new ArrayList<>();
    for (Class<?> type : publicTypes("gyre", "gyre.net")) {
      if (livesOnLoop(type)
          && subjects.stream().noneMatch(type::isAssignableFrom)
          && !FREE.contains(type)) {
        unknown.add(type.getName());
      }
    }
    assertThat(unknown).as("types without a subject in this test").isEmpty();
  }

  /** Of the classes themselves, not of those that test them. */
  private static List<Class<?>> publicTypes(String... packages) throws Exception {
    Path classes = Path.of(Loop.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<Class<?>> types = new ArrayList<>();
    for (String name : packages) {
      Path folder = classes.resolve(name.replace('.', '/'));
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.class")) {
        for (Path file : files) {
          String type = file.getFileName().toString().replaceFirst("\\.class$", "");
          types.add(Class.forName(name + "." + type, false, Loop.class.getClassLoader()));
        }
      }
    }
    assertThat(types).as("the classes were found").contains(Loop.class, TcpServer.class);
    types.removeIf(type -> !Modifier.isPublic(type.getModifiers()));
    return types;
  }

  private static boolean livesOnLoop(Class<?> type) {
    return !type.isInterface()
        && !type.isRecord()
        && !type.isEnum()
        && !Throwable.class.isAssignableFrom(type)
        && !type.getSimpleName().endsWith("Options")
        && type != HandleBase.class
        && type != InternalAccess.class;
  }
}
