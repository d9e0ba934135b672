package gyre.lab.program;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Says where the server listens, and answers what only the virtual machine knows, until the end:
 * that of the questions too, so that no server outlives a race that was killed.
 */
final class Serving {
  private Serving() {}

  static void untilTheEnd(int port) throws IOException, InterruptedException {
    // Neither deadlines nor drains: a benchmark that is over is over.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));
    System.out.println("listening " + port);
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      answer(line);
    }
  }

  private static void answer(String question) throws InterruptedException {
    Figures figures = new Figures();
    switch (question) {
      case "allocated" -> figures.put("allocatedBytes", Virtual.allocatedBytes());
      case "held" -> figures.put("heldBytes", Virtual.heldBytes());
      default -> figures.put("unknown", question);
    }
    System.out.println(figures);
  }
}
