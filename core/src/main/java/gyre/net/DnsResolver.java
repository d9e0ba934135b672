package gyre.net;

import gyre.Cancellation;
import gyre.CancelledException;
import gyre.Fiber;
import gyre.Loop;
import gyre.Scope;
import gyre.WaitPoint;
import gyre.spi.Internals;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Asks name servers on the loop, over UDP, and over TCP where an answer is too long for that. Also
 * remembers what they say, for as long as they say it may be, and that there is nothing; and asks
 * once for all who want the same at the same time.
 *
 * <pre>{@code
 * try (DnsResolver names = DnsResolver.open(DnsConfig.system())) {
 *   ConnectOptions how = ConnectOptions.defaults().resolver(names);
 *   TcpStream stream = TcpStream.connect("example.org", 80, StreamOptions.defaults(), how);
 * }
 * }</pre>
 *
 * <p>An answer counts only if it comes from the server that was asked, with the number and the
 * question that were sent. Each question has a socket of its own, so that nobody can guess its
 * port.
 *
 * <p><b>Lifetime and threads.</b> It belongs to the scope that it was opened in, and is used on its
 * loop. <b>Cancellation.</b> Who is cancelled while it waits for an answer leaves; the question
 * goes on, and its answer is remembered.
 */
public final class DnsResolver implements Resolver, AutoCloseable {
  private final Loop loop = Loop.current();
  private final Scope owner = Scope.current();
  private final Cancellation questions = owner.cancellation().child();
  private final DnsConfig config;
  private final DnsExchange exchange;
  private final DnsCache cache = new DnsCache();
  private final Map<DnsKey, Flight> flights = new HashMap<>();
  private boolean isClosed;

  private DnsResolver(DnsConfig config) {
    this.config = config;
    SecureRandom random = new SecureRandom();
    this.exchange = new DnsExchange(config, () -> random.nextInt(1 << 16));
  }

  /** Opens it in the current scope. */
  public static DnsResolver open(DnsConfig config) {
    return new DnsResolver(config);
  }

  /** What a name and a kind of record have led to. */
  record Answer(List<DnsRecord> records, @Nullable String failure) {
    static Answer failed(String reason) {
      return new Answer(List.of(), reason);
    }
  }

  /** A question that is under way, with all who wait for its answer. */
  private static final class Flight extends WaitPoint {
    private final DnsKey key;
    private @Nullable Answer answer;

    Flight(DnsKey key) {
      this.key = key;
    }

    @Override
    public boolean isReady() {
      return answer != null;
    }

    @Override
    public String doing() {
      return "looking up " + key.name();
    }
  }

  // ---- looking up

  @Override
  public List<InetAddress> resolve(String host) throws UnknownHostException {
    return resolve(host, false);
  }

  /**
   * As {@link #resolve}, for those who take the answer for all that there is: where a server did
   * not answer for one of the families, or for one of the names that are tried, that is a failure,
   * although the other answers are there.
   *
   * @throws UnknownHostException if there is no such name, or not all could be asked
   */
  public List<InetAddress> resolveAll(String host) throws UnknownHostException {
    return resolve(host, true);
  }

  private List<InetAddress> resolve(String host, boolean isWhole) throws UnknownHostException {
    checkOpen();
    String name = host.toLowerCase(Locale.ROOT);
    List<InetAddress> known = config.hosts().get(name);
    if (known != null) {
      return known;
    }
    if (name.equals("localhost") || name.endsWith(".localhost")) {
      return List.of(InetAddress.ofLiteral("::1"), InetAddress.ofLiteral("127.0.0.1"));
    }
    String failure = null;
    for (String candidate : candidates(name)) {
      List<InetAddress> found = new ArrayList<>();
      String failed = addresses(candidate, found);
      failure = failed == null ? failure : failed;
      if (isWhole && failure != null) {
        break;
      }
      if (!found.isEmpty()) {
        return found;
      }
    }
    return failure != null && config.systemFallback() ? askSystem(host) : none(host, failure);
  }

  private static List<InetAddress> none(String host, @Nullable String failure)
      throws UnknownHostException {
    throw new UnknownHostException(host + (failure == null ? ": no such name" : ": " + failure));
  }

  private List<InetAddress> askSystem(String host) throws UnknownHostException {
    try {
      return Internals.lookUp(() -> Internals.engine(loop).environment().resolve(host));
    } catch (RuntimeException | UnknownHostException e) {
      throw e;
    } catch (Exception e) {
      UnknownHostException unknown = new UnknownHostException(host + ": " + e);
      unknown.initCause(e);
      throw unknown;
    }
  }

  /** Both families at once; why it failed, if one did. */
  private @Nullable String addresses(String name, List<InetAddress> found) {
    Flight six = fly(new DnsKey(name, DnsMessage.AAAA));
    Flight four = fly(new DnsKey(name, DnsMessage.A));
    String failure = null;
    for (Flight flight : List.of(six, four)) {
      Answer answer = await(flight);
      for (DnsRecord record : answer.records()) {
        if (record instanceof DnsRecord.Address address) {
          found.add(address.address());
        }
      }
      failure = answer.failure() == null ? failure : answer.failure();
    }
    return failure;
  }

  /**
   * Where a service is to be found, by its SRV records; the lowest priority first, and of the same
   * priority the greatest weight.
   *
   * @param name for example {@code _xmpp-server._tcp.example.org}
   * @throws UnknownHostException if there is none
   */
  public List<DnsService> services(String name) throws UnknownHostException {
    checkOpen();
    Answer answer = await(fly(new DnsKey(absolute(name.toLowerCase(Locale.ROOT)), DnsMessage.SRV)));
    List<DnsService> services = new ArrayList<>();
    for (DnsRecord record : answer.records()) {
      if (record instanceof DnsRecord.Service service) {
        services.add(service.service());
      }
    }
    if (services.isEmpty()) {
      none(name, answer.failure());
    }
    services.sort(
        Comparator.comparingInt(DnsService::priority)
            .thenComparing(Comparator.comparingInt(DnsService::weight).reversed()));
    return List.copyOf(services);
  }

  private static String absolute(String name) {
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  /** The names to ask for, in order. */
  private List<String> candidates(String name) {
    if (name.endsWith(".")) {
      return List.of(absolute(name));
    }
    List<String> names = new ArrayList<>();
    for (String domain : config.search()) {
      names.add(name + "." + absolute(domain.toLowerCase(Locale.ROOT)));
    }
    long dots = name.chars().filter(c -> c == '.').count();
    names.add(dots >= config.ndots() ? 0 : names.size(), name);
    return names;
  }

  // ---- one question for all who ask it

  private Flight fly(DnsKey key) {
    Flight flight = flights.get(key);
    if (flight != null) {
      return flight;
    }
    Flight fresh = new Flight(key);
    fresh.answer = cache.find(key, loop.nanoTime());
    if (fresh.answer == null) {
      Fiber<?> asking = owner.start("dns " + key.name(), () -> ask(fresh));
      flights.put(key, fresh);
      var ignored = Internals.onReady(loop, asking.end(), () -> endedWithoutAnswer(fresh));
    }
    return fresh;
  }

  private static Answer await(Flight flight) {
    Fiber.await(flight);
    Answer answer = flight.answer;
    assert answer != null;
    return answer;
  }

  private void ask(Flight flight) {
    Answer answer;
    try {
      answer = questions.call(() -> exchange.lookUp(flight.key, cache, loop));
    } catch (CancelledException e) {
      answer = Answer.failed("the resolver was closed meanwhile");
    } catch (Exception e) {
      answer = Answer.failed(e.toString());
    }
    landed(flight, answer);
  }

  /** A fiber that is cancelled before it begins never runs; and errors end it early. */
  private void endedWithoutAnswer(Flight flight) {
    if (flight.answer == null) {
      landed(flight, Answer.failed("the fiber that asked for it has ended"));
    }
  }

  private void landed(Flight flight, Answer answer) {
    flights.remove(flight.key);
    flight.answer = answer;
    flight.wakeAll();
  }

  private void checkOpen() {
    if (Loop.current() != loop) {
      throw new IllegalStateException("this resolver belongs to " + loop.name());
    }
    if (isClosed) {
      throw new IllegalStateException("this resolver is closed");
    }
  }

  /** Questions sent to servers so far. */
  public long queries() {
    return exchange.queries();
  }

  /** Forgets what the servers have said. */
  public void clear() {
    cache.clear();
  }

  /** Ends what is under way; who waits for it is told. */
  @Override
  public void close() {
    isClosed = true;
    questions.cancel("the resolver is closed");
  }
}
