package gyre.net;

import gyre.Cancellation;
import gyre.DeadlineExceededException;
import gyre.Loop;
import gyre.io.IoException;
import gyre.io.MessageStream;
import gyre.io.codec.Framing;
import gyre.net.DnsResolver.Answer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Asks servers until one answers, and follows aliases to their end. */
final class DnsExchange {
  private static final int MAX_ALIASES = 8;

  /** So many datagrams that are no answer are borne, for each question. */
  private static final int MAX_STRANGE = 64;

  private static final int MAX_MESSAGE_BYTES = 65_535;
  private static final StreamOptions TCP =
      StreamOptions.defaults().inputLimitBytes(2 * MAX_MESSAGE_BYTES);

  private final DnsConfig config;
  private final IntSupplier numbers;
  private long queries;

  DnsExchange(DnsConfig config, IntSupplier numbers) {
    this.config = config;
    this.numbers = numbers;
  }

  long queries() {
    return queries;
  }

  // ---- what a name leads to

  Answer lookUp(DnsKey key, DnsCache cache, Loop loop) throws Exception {
    String name = key.name();
    long ttlSeconds = Long.MAX_VALUE;
    int aliases = 0;
    while (true) {
      DnsMessage message = ask(name, key.type());
      String asked = name;
      List<DnsRecord> found = named(message, name, key.type());
      DnsRecord.Alias alias = alias(message, name);
      while (found.isEmpty() && alias != null) {
        if (++aliases > MAX_ALIASES) {
          return Answer.failed(
              "its aliases lead in a circle, or over more than " + MAX_ALIASES + " names");
        }
        ttlSeconds = Math.min(ttlSeconds, alias.ttlSeconds());
        name = alias.target();
        found = named(message, name, key.type());
        alias = alias(message, name);
      }
      if (!found.isEmpty()) {
        for (DnsRecord record : found) {
          ttlSeconds = Math.min(ttlSeconds, record.ttlSeconds());
        }
        return remember(cache, key, new Answer(found, null), ttlSeconds, loop);
      }
      if (name.equals(asked) || message.code() == DnsMessage.NAME_ERROR) {
        long nothing = Math.min(ttlSeconds, negativeSeconds(message));
        return remember(cache, key, new Answer(List.of(), null), nothing, loop);
      }
    }
  }

  private static Answer remember(
      DnsCache cache, DnsKey key, Answer answer, long ttlSeconds, Loop loop) {
    cache.put(key, answer, ttlSeconds, loop.nanoTime());
    return answer;
  }

  private static List<DnsRecord> named(DnsMessage message, String name, int type) {
    List<DnsRecord> found = new ArrayList<>();
    for (DnsRecord record : message.records()) {
      boolean isOfType =
          switch (record) {
            case DnsRecord.Address address ->
                type
                    == (address.address().getAddress().length == 4
                        ? DnsMessage.A
                        : DnsMessage.AAAA);
            case DnsRecord.Service service -> type == DnsMessage.SRV;
            case DnsRecord.Alias alias -> false;
            case DnsRecord.Authority authority -> false;
          };
      if (isOfType && record.name().equals(name)) {
        found.add(record);
      }
    }
    return found;
  }

  private static DnsRecord.@Nullable Alias alias(DnsMessage message, String name) {
    for (DnsRecord record : message.records()) {
      if (record instanceof DnsRecord.Alias alias && alias.name().equals(name)) {
        return alias;
      }
    }
    return null;
  }

  private static long negativeSeconds(DnsMessage message) {
    for (DnsRecord record : message.records()) {
      if (record instanceof DnsRecord.Authority authority) {
        return authority.ttlSeconds();
      }
    }
    return 0;
  }

  // ---- one question

  private DnsMessage ask(String name, int type) throws Exception {
    String failure = "no name server is configured";
    for (int attempt = 0; attempt < config.attempts(); attempt++) {
      for (InetSocketAddress server : config.servers()) {
        String subject = Addresses.format(server);
        try {
          DnsMessage message = ask(server, name, type);
          if (message.code() == DnsMessage.NO_ERROR || message.code() == DnsMessage.NAME_ERROR) {
            return message;
          }
          failure = subject + " has failed with code " + message.code();
        } catch (DeadlineExceededException e) {
          Cancellation.current().check(); // if it is not this limit that has passed
          failure = subject + " does not answer";
        } catch (IoException e) {
          failure = String.valueOf(e.getMessage());
        }
      }
    }
    throw new IOException(failure);
  }

  private DnsMessage ask(InetSocketAddress server, String name, int type) throws Exception {
    int number = numbers.getAsInt();
    byte[] query = DnsMessage.query(number, name, type);
    DnsMessage message = inTime(() -> overUdp(server, query, number, name, type));
    return message.truncated() ? inTime(() -> overTcp(server, query, number, name, type)) : message;
  }

  private <T> T inTime(Callable<T> exchange) throws Exception {
    queries++;
    return Cancellation.within(config.timeout(), exchange);
  }

  private static DnsMessage overUdp(
      InetSocketAddress server, byte[] query, int number, String name, int type) {
    try (UdpSocket socket = UdpSocket.connect(server)) {
      socket.send(ByteBuffer.wrap(query));
      for (int strange = 0; strange < MAX_STRANGE; strange++) {
        ByteBuffer payload = socket.receive().payload();
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        DnsMessage message = answer(bytes, number, name, type);
        if (message != null) {
          return message;
        }
      }
    }
    throw NetworkException.of(
        "ask", Addresses.format(server), "too many datagrams that are no answer");
  }

  private static DnsMessage overTcp(
      InetSocketAddress server, byte[] query, int number, String name, int type) {
    try (TcpStream stream = TcpStream.connect(server, TCP);
        MessageStream<byte[], byte[]> messages =
            MessageStream.over(stream, Framing.lengthPrefix(2, MAX_MESSAGE_BYTES).bytes())) {
      messages.send(query);
      byte[] bytes = messages.receive();
      DnsMessage message = bytes == null ? null : answer(bytes, number, name, type);
      if (message == null || message.truncated()) {
        throw NetworkException.of("ask", Addresses.format(server), "no answer over TCP");
      }
      return message;
    }
  }

  /** Null unless it is the answer to this very question. */
  private static @Nullable DnsMessage answer(byte[] bytes, int number, String name, int type) {
    try {
      DnsMessage message = DnsMessage.parse(bytes);
      boolean isAnswer =
          message.response()
              && message.id() == number
              && message.type() == type
              && message.question().equals(name);
      return isAnswer ? message : null;
    } catch (DnsFormatException e) {
      return null; // from whoever: the answer may still come
    }
  }
}
