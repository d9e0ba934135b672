package gyre.examples;

import gyre.ExitStatus;
import gyre.Loop;
import gyre.io.ByteQueue;
import gyre.io.Codec;
import gyre.io.DecodeException;
import gyre.io.Decoder;
import gyre.io.IoException;
import gyre.io.MessageStream;
import gyre.io.codec.Framing;
import gyre.net.ListenOptions;
import gyre.net.StreamOptions;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A small part of Redis: texts, counters and lists in memory, for any client of it. Clients may
 * send many commands at a time, and the answers leave together, as all that is written in a turn of
 * the loop goes out at its end.
 */
public final class Redis {
  private static final int WORD_LIMIT = 64 * 1024;
  private static final int COMMAND_LIMIT = 1024 * 1024;
  private static final int VALUES_LIMIT = 1_000_000;
  private static final String END = "\r\n";

  /** Keeps all bytes as they are. */
  private static final Charset CHARSET = StandardCharsets.ISO_8859_1;

  private static final Codec<List<String>, String> PROTOCOL =
      Codec.of(Commands::new, () -> (answer, out) -> out.append(answer.getBytes(CHARSET)));
  private static final String WRONG_TYPE = "-WRONGTYPE the key has another kind of value" + END;
  static final ListenOptions OPTIONS =
      ListenOptions.defaults().maxConnections(10_000).stream(
          StreamOptions.defaults().writeTimeout(Duration.ofSeconds(30)));

  private final Map<String, String> texts = new HashMap<>();
  private final Map<String, ArrayDeque<String>> lists = new HashMap<>();
  private int size; // texts, and items of lists

  private Redis() {}

  public static void main(String[] arguments) {
    if (arguments.length != 1 || !arguments[0].matches("\\d{1,5}")) {
      System.err.println("usage: redis PORT");
      System.exit(2);
    }
    try (Loop loop = Loop.open()) {
      ExitStatus status =
          loop.runUntilShutdown(() -> {
            TcpListener listener =
                TcpListener.bind("127.0.0.1", Integer.parseInt(arguments[0]), OPTIONS);
            System.out.println("listening on port " + listener.port());
            serve(listener);
          });
      System.exit(status.code());
    } catch (IoException e) {
      System.err.println("redis: " + e.getMessage());
      System.exit(1);
    }
  }

  /** Until the listener is closed or the loop ends. */
  static void serve(TcpListener listener) {
    listener.serve(new Redis()::talk);
  }

  private void talk(TcpStream stream) {
    MessageStream<List<String>, String> client = MessageStream.over(stream, PROTOCOL);
    try {
      for (List<String> command : client) {
        client.send(answer(command));
      }
    } catch (DecodeException e) {
      client.send("-ERR Protocol error: " + e.getMessage() + END);
    }
  }

  private String answer(List<String> command) {
    String name = command.getFirst().toUpperCase(Locale.ROOT);
    List<String> rest = command.subList(1, command.size());
    boolean isRight =
        switch (name) {
          case "PING" -> rest.size() <= 1;
          case "DEL", "EXISTS" -> !rest.isEmpty();
          case "ECHO", "GET", "INCR", "LPOP" -> rest.size() == 1;
          case "SET", "CONFIG" -> rest.size() == 2;
          case "LPUSH" -> rest.size() >= 2;
          default -> name.equals("COMMAND");
        };
    return isRight ? execute(name, rest) : "-ERR no such command" + END;
  }

  private String execute(String name, List<String> rest) {
    String key = rest.isEmpty() ? "" : rest.getFirst();
    return switch (name) {
      case "PING" -> rest.isEmpty() ? "+PONG" + END : bulk(key);
      case "ECHO" -> bulk(key);
      case "DEL" -> ":" + rest.stream().filter(this::remove).count() + END;
      case "EXISTS" -> ":" + rest.stream().filter(this::exists).count() + END;
      case "GET" -> lists.containsKey(key) ? WRONG_TYPE : bulk(texts.get(key));
      case "LPOP" -> texts.containsKey(key) ? WRONG_TYPE : bulk(pop(key));
      case "CONFIG" -> "*2" + END + bulk(rest.get(1)) + bulk(""); // nothing is set
      case "COMMAND" -> "*0" + END; // clients do without help then
      default -> size < VALUES_LIMIT ? grow(name, key, rest) : "-OOM too many values" + END;
    };
  }

  private String grow(String name, String key, List<String> rest) {
    return switch (name) {
      case "SET" -> set(key, rest.get(1));
      case "INCR" -> lists.containsKey(key) ? WRONG_TYPE : increment(key);
      default -> texts.containsKey(key) ? WRONG_TYPE : push(key, rest.subList(1, rest.size()));
    };
  }

  private String set(String key, String bytes) {
    remove(key);
    texts.put(key, bytes);
    size++;
    return "+OK" + END;
  }

  private String increment(String key) {
    try {
      long value = Math.addExact(Long.parseLong(texts.getOrDefault(key, "0")), 1);
      set(key, Long.toString(value));
      return ":" + value + END;
    } catch (NumberFormatException | ArithmeticException e) {
      return "-ERR value is not an integer or out of range" + END;
    }
  }

  private String push(String key, List<String> items) {
    ArrayDeque<String> list = lists.computeIfAbsent(key, any -> new ArrayDeque<>());
    items.forEach(list::addFirst);
    size += items.size();
    return ":" + list.size() + END;
  }

  private @Nullable String pop(String key) {
    ArrayDeque<String> list = lists.getOrDefault(key, new ArrayDeque<>());
    String first = list.pollFirst();
    size -= first == null ? 0 : 1;
    if (list.isEmpty()) {
      lists.remove(key);
    }
    return first;
  }

  private boolean exists(String key) {
    return texts.containsKey(key) || lists.containsKey(key);
  }

  private boolean remove(String key) {
    ArrayDeque<String> list = lists.remove(key);
    int removed = list != null ? list.size() : texts.remove(key) != null ? 1 : 0;
    size -= removed;
    return removed > 0;
  }

  private static String bulk(@Nullable String bytes) {
    return bytes == null ? "$-1" + END : "$" + bytes.length() + END + bytes + END;
  }

  /** Commands as programs send them, {@code *1 $4 PING}, or as words on a line. */
  private static final class Commands implements Decoder<List<String>> {
    private final Decoder<String> lines = Framing.lines(WORD_LIMIT).text(CHARSET).decoder();
    private List<String> words = new ArrayList<>();
    private int count; // of words; 0 between commands
    private int bytes; // of words
    private int length = -1; // of the next word; not known yet

    @Override
    public @Nullable List<String> decode(ByteQueue in) {
      while (words.size() < count || count == 0) {
        String line = length < 0 ? lines.decode(in) : null;
        if (line != null && count == 0 && !line.startsWith("*")) {
          return List.of(line.strip().split("\\s+"));
        } else if (line != null && count == 0) {
          count = number(line, "[*][1-9]\\d{0,4}");
        } else if (line != null) {
          length = number(line, "[$]\\d{1,5}");
          bytes += length;
        } else if (length < 0 || in.size() < neededBytes()) {
          return null;
        } else {
          words.add(in.readString(length, CHARSET));
          in.drain(END.length());
          length = -1;
        }
      }
      List<String> command = words;
      words = new ArrayList<>();
      count = bytes = 0;
      return command;
    }

    private int number(String line, String pattern) {
      int number = line.matches(pattern) ? Integer.parseInt(line, 1, line.length(), 10) : -1;
      if (number < 0 || number > WORD_LIMIT || bytes + number > COMMAND_LIMIT) {
        throw DecodeException.malformed("command", bytes, "a small number expected");
      }
      return number;
    }

    @Override
    public int limitBytes() {
      return WORD_LIMIT + END.length();
    }

    @Override
    public long neededBytes() {
      return length < 0 ? lines.neededBytes() : length + END.length();
    }

    @Override
    public boolean isWithinMessage() {
      return count > 0;
    }
  }
}
