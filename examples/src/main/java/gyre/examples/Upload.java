package gyre.examples;

import gyre.LoopGroup;
import gyre.ShutdownOptions;
import gyre.file.File;
import gyre.file.FileSink;
import gyre.file.Files;
import gyre.file.OpenOptions;
import gyre.http.HttpException;
import gyre.http.HttpHandler;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.Request;
import gyre.http.RequestBody;
import gyre.http.Response;
import gyre.http.Router;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * Takes files by {@code PUT /name} and writes them into a directory as they come, with a limit and
 * a line for each tenth: {@code curl -T film.mkv http://localhost:8080/}.
 */
public final class Upload {
  private static final OpenOptions NEW = OpenOptions.writing().createNew(true);
  private final Path directory;
  private final long limitBytes;

  private Upload(Path directory, long limitBytes) {
    this.directory = directory;
    this.limitBytes = limitBytes;
  }

  private void store(Request request, Response response) {
    String name = request.parameter("name");
    if (!name.matches("[\\w-][\\w.-]{0,100}")) {
      throw new HttpException(400, "a name has letters, digits, dots and dashes");
    }
    Path part = directory.resolve(name + ".part");
    try {
      long bytes = receive(name, request.body().limit(limitBytes), part);
      Files.rename(part, directory.resolve(name));
      response.status(201).send(bytes + " bytes\n");
    } finally {
      boolean ignored = Files.deleteIfExists(part); // of an upload that was cut
    }
  }

  private static long receive(String name, RequestBody body, Path to) {
    long total = body.length();
    long bytes = 0;
    long tenth = 0;
    try (File file = File.open(to, NEW);
        FileSink sink = file.sink(0)) {
      while (body.await(1)) {
        bytes += body.input().size();
        sink.write(body.input());
        if (total > 0 && bytes * 10 / total > tenth) {
          tenth = bytes * 10 / total;
          System.out.println(name + " " + tenth * 10 + " %");
        }
      }
    }
    return bytes;
  }

  public static void main(String[] arguments) {
    if (arguments.length != 3) {
      System.err.println("usage: upload PORT DIR BYTES");
      System.exit(2);
    }
    Upload upload = new Upload(Path.of(arguments[1]), Long.parseLong(arguments[2]));
    HttpHandler handler = Router.create().put("/{name}", upload::store);
    InetSocketAddress where = new InetSocketAddress(Integer.parseInt(arguments[0]));
    try (LoopGroup group = LoopGroup.open(2)) {
      group.runUntilShutdown(
          ShutdownOptions.defaults(),
          () -> HttpServer.serve(group, where, HttpOptions.defaults(), handler));
    }
  }
}
