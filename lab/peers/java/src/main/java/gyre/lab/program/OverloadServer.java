package gyre.lab.program;

import gyre.LoopOptions;
import gyre.engine.EngineUnavailable;
import gyre.io.ByteQueue;
import gyre.net.MemoryCounters;
import gyre.net.TcpListener;
import gyre.net.TcpStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * What is overloaded: one loop with default settings, and the handler that an application would
 * have. A frame is two numbers, its length and that of the answer wanted, and so many bytes. The
 * answer begins with the frame; if more is wanted zeros follow.
 */
final class OverloadServer {
  private static final String HOST = "127.0.0.1";
  private static final int HEADER_BYTES = 2 * Integer.BYTES;
  private static final int MOST_ANSWER_BYTES = 1 << 20;
  private static final ByteBuffer ZEROS =
      ByteBuffer.allocateDirect(MOST_ANSWER_BYTES).asReadOnlyBuffer();
  private static final long STARTED_NANOS = System.nanoTime();

  /** What {@code --leak} has it forget to let go: leak checks have to be seen failing. */
  private static final List<Object> LEAKED = new ArrayList<>();

  private final GyreLoop loop;
  private final TcpListener listener;

  private OverloadServer(GyreLoop loop, TcpListener listener) {
    this.loop = loop;
    this.listener = listener;
  }

  static OverloadServer start(Options options) throws ExecutionException, InterruptedException {
    try {
      return open(options);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof EngineUnavailable) {
        throw new UnsupportedOperationException(e.getCause().getMessage(), e);
      }
      throw e;
    }
  }

  private static OverloadServer open(Options options)
      throws ExecutionException, InterruptedException {
    logToStandardOutput();
    LoopOptions settings = LoopOptions.defaults().engine(options.text("engine", "auto"));
    int poolBytes = options.number("pool-bytes", 0);
    GyreLoop loop = GyreLoop.start(poolBytes == 0 ? settings : settings.poolLimitBytes(poolBytes));
    TcpListener listener = loop.call(() -> TcpListener.bind(HOST, options.number("port", 0)));
    String leak = options.text("leak", "nothing");
    loop.post(() ->
        listener.serve(stream -> {
          leak(leak, stream);
          answer(stream);
        }));
    return new OverloadServer(loop, listener);
  }

  /** For each connection a thing of that kind. */
  private static void leak(String kind, TcpStream stream) {
    switch (kind) {
      case "nothing" -> {}
      case "streams" -> LEAKED.add(stream);
      case "descriptors" -> LEAKED.add(devNull());
      default -> throw new IllegalArgumentException("--leak: streams, descriptors or nothing");
    }
  }

  private static InputStream devNull() {
    try {
      return Files.newInputStream(Path.of("/dev/null"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void answer(TcpStream stream) {
    ByteQueue input = stream.input();
    while (stream.await(HEADER_BYTES)) {
      int frameBytes = input.readInt();
      int answerBytes = input.readInt();
      if (frameBytes < 0 || answerBytes < frameBytes || answerBytes > MOST_ANSWER_BYTES) {
        stream.reset();
        return;
      }
      if (!stream.await(frameBytes)) {
        return;
      }
      byte[] frame = input.take(frameBytes);
      stream.write(frame);
      if (answerBytes > frameBytes) {
        stream.write(ZEROS.slice(0, answerBytes - frameBytes));
      }
    }
  }

  // ---- what is told

  /** Lines of the log, as an operator would see them: each is one line for whoever started this. */
  private static void logToStandardOutput() {
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    root.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            String thrown = line.getThrown() == null ? "" : " " + line.getThrown();
            String text = line.getLevel() + " " + line.getMessage() + thrown;
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - STARTED_NANOS);
            System.out.println("log " + millis + " " + text.replace('\n', ' '));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
  }

  /**
   * Answers {@code counters} with those of the memory and {@code held} with what is held, until its
   * input ends.
   */
  void untilTheEnd() throws IOException, ExecutionException, InterruptedException {
    System.out.println("engine " + loop.loop().engineExplanation());
    System.out.println("listening " + listener.port());
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      if (line.equals("counters")) {
        System.out.println(loop.call(this::counters));
      } else if (line.equals("held")) {
        System.out.println(HeldThings.figures());
      } else {
        System.out.println("unknown " + line);
      }
    }
  }

  private Figures counters() {
    MemoryCounters memory = MemoryCounters.of(loop.loop());
    Figures figures = new Figures();
    figures.put("connections", listener.connections());
    figures.put("level", memory.level().name());
    figures.put("levelChanges", memory.levelChanges());
    figures.put("limit", memory.limit());
    figures.put("used", memory.used());
    figures.put("usedPeak", memory.usedPeak());
    figures.put("promised", memory.promised());
    figures.put("holders", memory.holders());
    figures.put("waiting", memory.waiting());
    figures.put("waitedNanosMax", memory.waitedNanosMax());
    figures.put("grants", memory.grants());
    figures.put("shedStreams", memory.shedStreams());
    figures.put("shedBytes", memory.shedBytes());
    figures.put("acceptPauses", memory.acceptPauses());
    figures.put("writesRefused", memory.writesRefused());
    figures.put("resetsSeenPaused", memory.resetsSeenPaused());
    return figures;
  }
}
