package gyre.lab.profile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/** Stacks of a JVM by its own Flight Recorder: Java alone, neither native code nor the kernel. */
final class JfrStacks {
  private static final int PATIENCE_SECONDS = 20;
  private static final String RECORDING = "gyre-profile";

  /** Samples are told of threads that run Java, and of those that are in native code. */
  private static final String SAMPLE = "jdk.ExecutionSample";

  private JfrStacks() {}

  /** Records while {@code work} is done; empty where the JVM doesn't let us. */
  static Frames record(long pid, Path folder, Runnable work) {
    Path file = folder.resolve("recording.jfr").toAbsolutePath();
    if (!jcmd(pid, "JFR.start", "name=" + RECORDING, "settings=profile")) {
      return new Frames(Map.of());
    }
    work.run();
    boolean isThere = jcmd(pid, "JFR.dump", "name=" + RECORDING, "filename=" + file);
    boolean ignored = jcmd(pid, "JFR.stop", "name=" + RECORDING);
    return isThere && Files.exists(file) ? read(file) : new Frames(Map.of());
  }

  private static boolean jcmd(long pid, String... words) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    command.add(Long.toString(pid));
    command.addAll(List.of(words));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return process.exitValue() == 0;
      }
      process.destroyForcibly();
      return false;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  static Frames read(Path file) {
    Map<String, Long> stacks = new HashMap<>();
    try (RecordingFile recording = new RecordingFile(file)) {
      while (recording.hasMoreEvents()) {
        RecordedEvent event = recording.readEvent();
        if (event.getEventType().getName().equals(SAMPLE)) {
          String stack = stack(event.getStackTrace());
          if (!stack.isEmpty()) {
            stacks.merge(stack, 1L, Long::sum);
          }
        }
      }
    } catch (IOException e) {
      return new Frames(Map.of());
    }
    return new Frames(stacks);
  }

  private static String stack(@Nullable RecordedStackTrace trace) {
    if (trace == null) {
      return "";
    }
    List<String> frames = new ArrayList<>();
    for (RecordedFrame frame : trace.getFrames()) {
      String type = frame.getMethod().getType().getName().replace('.', '/');
      frames.add(type + "." + frame.getMethod().getName());
    }
    Collections.reverse(frames);
    return String.join(";", frames);
  }
}
