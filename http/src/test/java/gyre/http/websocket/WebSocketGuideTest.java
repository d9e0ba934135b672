package gyre.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Holds the guide's page about WebSocket to its word: every example compiles, inside of a task. */
@Timeout(60)
class WebSocketGuideTest {
  private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```java\n(.*?)^```$");
  private static final String BEGIN =
      """
      import gyre.*;
      import gyre.http.*;
      import gyre.http.websocket.*;
      import gyre.io.*;
      import java.net.*;
      class ExampleNUMBER { void run() throws Exception {
      """;

  @TempDir private Path directory;

  @Test
  void shouldPrintExamplesThatCompile() throws IOException {
    Path page = Path.of(System.getProperty("basedir", "."), "..", "docs", "guide", "websocket.md");
    List<Path> sources = new ArrayList<>();
    Matcher example = EXAMPLE.matcher(Files.readString(page));
    while (example.find()) {
      String number = String.valueOf(sources.size());
      sources.add(
          Files.writeString(
              directory.resolve("Example" + number + ".java"),
              BEGIN.replace("NUMBER", number) + example.group(1) + "}}\n"));
    }
    assertThat(sources).hasSize(4);
    StringWriter complaints = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> options =
        List.of(
            "-proc:none", "-d", directory.toString(), "-cp", System.getProperty("java.class.path"));
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      assertThat(
              compiler
                  .getTask(
                      complaints,
                      files,
                      null,
                      options,
                      null,
                      files.getJavaFileObjectsFromPaths(sources))
                  .call())
          .as(complaints.toString())
          .isTrue();
    }
  }
}
