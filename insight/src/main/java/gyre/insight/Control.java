package gyre.insight;

import gyre.probe.ProbeFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Asks a process of this user about its loops; see {@link Answers}. */
public final class Control {
  private Control() {}

  /** The tree of what lives in the loops, in words. */
  public static String dump(long pid) throws IOException {
    StringBuilder text = new StringBuilder();
    ask(pid, "dump", line -> text.append(line).append('\n'));
    return text.toString();
  }

  /** The same as JSON, one line for each scope, fiber and handle. */
  public static void tree(long pid, Consumer<String> lines) throws IOException {
    ask(pid, "tree", lines);
  }

  /** What lives in the loops, without stacks, and of a thousand things at most. */
  static List<TreeLine> waits(long pid) throws IOException {
    List<TreeLine> lines = new ArrayList<>();
    ask(pid, "waits", line -> lines.add(TreeLine.of(line)));
    return lines;
  }

  /** What the watchdog has reported lately, the oldest first. */
  public static List<StallReport> stalls(long pid) throws IOException {
    StringBuilder text = new StringBuilder();
    ask(pid, "stalls", text::append);
    return StallJson.read(text.toString());
  }

  /**
   * Events while they happen, as trace viewers read them, one for each call.
   *
   * @param filter a part of the name of the handle or fiber; empty for all
   */
  public static void trace(long pid, double seconds, String filter, Consumer<String> events)
      throws IOException {
    ask(pid, "trace " + seconds + (filter.isEmpty() ? "" : " " + filter), events);
  }

  private static void ask(long pid, String question, Consumer<String> lines) throws IOException {
    Path path = ProbeFile.socketOf(pid);
    if (!Files.exists(path)) {
      throw new IOException(
          "process "
              + pid
              + " does not answer: there is no "
              + path
              + "; it has opened no Gyre loop, has no gyre.insight on its path, or runs with"
              + " -Dgyre.insight=false");
    }
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      ByteBuffer bytes = ByteBuffer.wrap((question + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        int ignored = channel.write(bytes);
      }
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          lines.accept(line);
        }
      }
    }
  }
}
