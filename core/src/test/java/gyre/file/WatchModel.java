package gyre.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What somebody knows of a directory who believes a watcher. */
final class WatchModel {
  private final TreeSet<Path> known = new TreeSet<>();
  final List<WatchEvent> events = new ArrayList<>();

  static Set<Path> there(Path root) throws IOException {
    if (!Files.isDirectory(root)) {
      return new TreeSet<>();
    }
    try (Stream<Path> all = Files.walk(root)) {
      TreeSet<Path> found = new TreeSet<>(all.toList());
      found.remove(root);
      return found;
    }
  }

  static WatchModel of(Path root) throws IOException {
    WatchModel model = new WatchModel();
    model.known.addAll(there(root));
    return model;
  }

  void apply(WatchEvent event) {
    events.add(event);
    Path path = event.path();
    switch (event) {
      case WatchEvent.Created _ -> known.add(path);
      case WatchEvent.Deleted _, WatchEvent.Lost _ -> forget(path);
      case WatchEvent.Moved moved -> {
        List<Path> moving = known.stream().filter(p -> p.startsWith(moved.from())).toList();
        forget(path);
        known.removeAll(moving);
        moving.forEach(p -> known.add(path.resolve(moved.from().relativize(p))));
      }
      case WatchEvent.Written _ -> {
        if (!known.contains(path)) {
          throw new AssertionError("written, and not known: " + path);
        }
      }
      case WatchEvent.Overflowed _,
          WatchEvent.Rescanned _,
          WatchEvent.Returned _,
          WatchEvent.Degraded _ -> {}
    }
  }

  private void forget(Path path) {
    known.removeIf(p -> p.startsWith(path));
  }

  WatchEvent next(Watcher watcher) {
    WatchEvent event = watcher.next();
    apply(event);
    return event;
  }

  /** Takes events until it knows what is there, which must not change any more. */
  void follow(Watcher watcher, Path root) throws IOException {
    Set<Path> there = there(root);
    while (!known.equals(there)) {
      WatchEvent ignored = next(watcher);
    }
  }

  /** Takes events until there was one of that kind. */
  <E extends WatchEvent> E await(Watcher watcher, Class<E> type) {
    while (true) {
      WatchEvent event = next(watcher);
      if (type.isInstance(event)) {
        return type.cast(event);
      }
    }
  }
}
