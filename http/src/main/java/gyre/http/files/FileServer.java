package gyre.http.files;

import gyre.Loop;
import gyre.file.Directory;
import gyre.file.File;
import gyre.file.FileException;
import gyre.http.ContentCodings;
import gyre.http.HttpException;
import gyre.http.HttpHandler;
import gyre.http.Request;
import gyre.http.Response;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Serves the files below a directory, and nothing else, whoever renames or links what meanwhile.
 *
 * <pre>{@code
 * router.get("/static/{path*}",
 *     FileServer.below(Path.of("/srv/www"), FileOptions.defaults().pathParameter("path")));
 * }</pre>
 *
 * <p>Files have an {@code ETag} and {@code Last-Modified}; conditional requests and ranges are
 * answered. Small files are kept in memory and looked at once a second at most; large ones are sent
 * piece by piece, with memory that does not depend on their size.
 *
 * <p>For both styles: in push style it takes a fiber for what has to wait. Used on any loop; each
 * has a descriptor of the directory, and a cache, until it ends. Not on the engine {@code nio},
 * which cannot open below a directory.
 */
public final class FileServer implements HttpHandler {
  /** It separates nothing for routes and filters, so it must not here. */
  private static final String ESCAPED_SLASH = "%2F";

  private final Path path;
  private final FileOptions options;
  private final HttpHandler inFiber = HttpHandler.inFiber(this::serve);
  private final ConcurrentHashMap<Loop, Tree> trees = new ConcurrentHashMap<>();

  @SuppressWarnings("this-escape") // called later
  private FileServer(Path path, FileOptions options) {
    this.path = path;
    this.options = options;
  }

  /** The directory is opened with the first request on each loop. */
  public static FileServer below(Path directory, FileOptions options) {
    return new FileServer(directory, options);
  }

  private Tree tree() {
    return trees.computeIfAbsent(Loop.current(), loop -> new Tree(loop, path, options));
  }

  @Override
  public void handle(Request request, Response response) throws Exception {
    if (!request.isMethod("GET") && !request.isMethod("HEAD")) {
      response.status(405).header("Allow", "GET, HEAD").send("405 Method Not Allowed\n");
      return;
    }
    String name = name(request);
    Stored known = isDirectory(name) ? null : tree().fresh(name);
    if (known != null && known.content != null && isWantedPlain(request, known)) {
      FileAnswer.of(request, response, options, known).send();
    } else {
      inFiber.handle(request, response);
    }
  }

  private String name(Request request) {
    if (request.path().contains(ESCAPED_SLASH)) {
      throw new HttpException(404, "");
    }
    String parameter = options.pathParameter();
    String decoded =
        parameter == null ? request.decodedPath().substring(1) : request.parameter(parameter);
    String name = FilePath.of(decoded, options.hidden());
    if (name == null) {
      throw new HttpException(404, "");
    }
    return name;
  }

  private static boolean isDirectory(String name) {
    return name.isEmpty() || name.endsWith("/");
  }

  /** False too where nobody knows yet what lies beside it. */
  private boolean isWantedPlain(Request request, Stored known) {
    List<Coding> codings = options.precompressed() ? known.codings : List.of();
    if (codings == null) {
      return false;
    }
    for (int i = 0; i < codings.size(); i++) {
      if (ContentCodings.weight(request, codings.get(i).token) > 0) {
        return false;
      }
    }
    return true;
  }

  private void serve(Request request, Response response) throws Exception {
    String name = name(request);
    if (!isDirectory(name)) {
      serveFile(request, response, name);
      return;
    }
    if (!serveIfFile(request, response, name + options.index())) {
      if (!options.listing()) {
        throw new HttpException(404, "");
      }
      list(response, name);
    }
  }

  private void serveFile(Request request, Response response, String name) throws Exception {
    Stored.Opened opened = tree().open(name);
    if (opened == null) {
      throw new HttpException(404, "");
    }
    try (var file = opened.file()) {
      if (opened.info().isDirectory()) {
        String query = request.query();
        String to = request.path() + "/" + (query == null ? "" : "?" + query);
        response.status(301).header("Location", to).send("301 Moved Permanently\n");
      } else if (opened.info().isRegular()) {
        send(request, response, name, new Stored.Opened(file, opened.info()));
      } else {
        throw new HttpException(404, "");
      }
    }
  }

  private boolean serveIfFile(Request request, Response response, String name) throws Exception {
    Stored.Opened opened = tree().open(name);
    if (opened == null) {
      return false;
    }
    try (var file = opened.file()) {
      if (!opened.info().isRegular()) {
        return false;
      }
      send(request, response, name, new Stored.Opened(file, opened.info()));
      return true;
    }
  }

  private void send(Request request, Response response, String name, Stored.Opened opened) {
    Stored plain = tree().look(name, opened, "");
    Coding best = options.precompressed() ? lookForCodings(request, plain) : null;
    if (best != null) {
      Stored.Opened beside = tree().open(name + best.ending);
      if (beside != null) {
        try (var file = beside.file()) {
          if (beside.info().isRegular()) {
            Stored stored = tree().look(name + best.ending, beside, "-" + best.token);
            FileAnswer.of(request, response, options, stored).coding(best, plain.name).send(file);
            return;
          }
        }
      }
    }
    FileAnswer.of(request, response, options, plain).send(opened.file());
  }

  /** Takes note of what lies beside a file, and tells what the client wants most of that. */
  private @Nullable Coding lookForCodings(Request request, Stored plain) {
    List<Coding> found = new ArrayList<>(0);
    Coding best = null;
    int bestWeight = 0;
    for (Coding coding : Coding.values()) {
      Stored.Opened beside = tree().open(plain.name + coding.ending);
      if (beside != null) {
        try (File _ = beside.file()) {
          boolean isCurrent =
              beside.info().isRegular() && !beside.info().modified().isBefore(plain.modified);
          if (isCurrent) {
            found.add(coding);
            int weight = ContentCodings.weight(request, coding.token);
            if (weight > bestWeight) {
              best = coding;
              bestWeight = weight;
            }
          }
        }
      }
    }
    plain.codings = found; // at once: others look at it while this parks
    return best;
  }

  private void list(Response response, String name) {
    String page;
    try (Directory directory = tree().directory(name)) {
      page = ListingPage.of(directory, name, options);
    } catch (FileException e) {
      throw new HttpException(404, "");
    }
    response
        .contentType("text/html; charset=utf-8")
        .header("Cache-Control", "no-cache")
        .header("Content-Security-Policy", "default-src 'none'")
        .header("X-Content-Type-Options", "nosniff")
        .send(ListingPage.bytes(page));
  }
}
