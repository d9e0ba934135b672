package gyre.cli;

import gyre.LoopGroup;
import gyre.http.AccessLogFile;
import gyre.http.HttpOptions;
import gyre.http.HttpServer;
import gyre.http.files.FileOptions;
import gyre.http.files.FileServer;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What {@code gyre serve --files} takes. */
final class FilesOption implements AutoCloseable {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--files",
      paramLabel = "DIR",
      description = "Serve the files below a directory over HTTP instead of echoing.")
  private @Nullable Path directory;

  @Option(names = "--listing", description = "With --files: list directories without an index.")
  private boolean listing;

  @Option(
      names = "--access-log",
      paramLabel = "FILE",
      description = "With --files: append a line for each answer.")
  private @Nullable Path accessLog;

  private @Nullable AccessLogFile log;

  boolean isGiven() {
    if (directory == null && (listing || accessLog != null)) {
      throw new ParameterException(
          spec.commandLine(), "--listing and --access-log need --files DIR");
    }
    return directory != null;
  }

  /** Serves the directory, speaking as {@code options} say. */
  EchoService.Service service(HttpOptions options) {
    return (group, address) -> open(group, address, options);
  }

  private InetSocketAddress open(LoopGroup group, InetSocketAddress address, HttpOptions unlogged) {
    Path served = directory;
    if (served == null || !Files.isDirectory(served)) {
      throw new ParameterException(
          spec.commandLine(), "--files: " + served + " is not a directory");
    }
    HttpOptions options = unlogged;
    Path logged = accessLog;
    if (logged != null) {
      AccessLogFile opened = AccessLogFile.open(logged);
      log = opened;
      options = options.accessLog(opened);
    }
    FileOptions files = FileOptions.defaults().listing(listing);
    return HttpServer.onRequest(group, address, options, FileServer.below(served, files)).address();
  }

  /** After the loops have ended. */
  @Override
  public void close() {
    AccessLogFile opened = log;
    if (opened != null) {
      opened.close();
    }
  }
}
