package gyre.lab.round;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What ties a round together: for each step the hashes of the files that it left and of what was
 * built that it worked on. So figures belong to an artifact, the artifact to a diff, the diff to a
 * decision and that to a proposal, and none can be put in the place of another unseen.
 */
record Evidence(List<Link> links) {
  static final String FILE = "evidence.json";

  /** Changed or written in any step, or after the end. */
  private static final Set<String> NOT_HELD = Set.of(FILE, "state.json", RoundLog.REVOKED);

  /**
   * One step.
   *
   * @param files by name below the round's folder, those that are new or other since the step
   *     before
   * @param built what it worked on: base and variants by name, each the hash of its artifacts
   * @param broken what was changed that must not; empty where nothing was
   */
  record Link(Step step, Map<String, String> files, Map<String, String> built, String broken) {
    Link {
      files = java.util.Collections.unmodifiableMap(new TreeMap<>(files));
      built = java.util.Collections.unmodifiableMap(new TreeMap<>(built));
    }
  }

  Evidence {
    links = List.copyOf(links);
  }

  static boolean isThere(RoundFolder folder) {
    return folder.has(FILE);
  }

  static Evidence read(RoundFolder folder) {
    List<Link> links = new ArrayList<>();
    if (isThere(folder)) {
      JsonArray array = folder.json(FILE).getArray("steps", new JsonArray());
      for (int i = 0; i < array.size(); i++) {
        JsonObject object = array.getObject(i);
        links.add(
            new Link(
                Step.named(object.getString("step", "")),
                texts(object.getObject("files", new JsonObject())),
                texts(object.getObject("built", new JsonObject())),
                object.getString("broken", "")));
      }
    }
    return new Evidence(links);
  }

  private static Map<String, String> texts(JsonObject object) {
    Map<String, String> texts = new TreeMap<>();
    object.keySet().forEach(name -> texts.put(name, object.getString(name, "")));
    return texts;
  }

  /** Adds a step that was done; one that is done again takes the place of itself and all after. */
  Evidence with(RoundFolder folder, Step step, Map<String, String> built, String broken) {
    List<Link> kept =
        new ArrayList<>(links.stream().filter(link -> link.step().compareTo(step) < 0).toList());
    Map<String, String> files = hashes(folder);
    new Evidence(kept).files().forEach(files::remove);
    kept.add(new Link(step, files, built, broken));
    return new Evidence(kept);
  }

  void write(RoundFolder folder) {
    JsonArray array = new JsonArray();
    for (Link link : links) {
      JsonObject object = new JsonObject();
      object.put("step", link.step().label());
      object.put("files", new JsonObject(link.files()));
      object.put("built", new JsonObject(link.built()));
      object.put("broken", link.broken());
      array.add(object);
    }
    JsonObject all = new JsonObject();
    all.put("steps", array);
    folder.write(FILE, all);
  }

  /** What was broken in a step; empty where nothing was. */
  Optional<String> broken(Step step) {
    return link(step).map(Link::broken).filter(text -> !text.isEmpty());
  }

  private Optional<Link> link(Step step) {
    return links.stream().filter(each -> each.step() == step).findFirst();
  }

  /** As the last step left each. */
  Map<String, String> files() {
    Map<String, String> files = new TreeMap<>();
    links.forEach(link -> files.putAll(link.files()));
    return files;
  }

  /** Under which hash base or a variant was first worked on; empty where it never was. */
  Optional<String> built(String name) {
    return links.stream()
        .map(link -> Optional.ofNullable(link.built().get(name)))
        .flatMap(Optional::stream)
        .findFirst();
  }

  /** What of {@code now} is not what an earlier step worked on. */
  Optional<String> otherThan(Map<String, String> now) {
    return now.entrySet().stream()
        .filter(
            each -> built(each.getKey()).filter(hash -> !hash.equals(each.getValue())).isPresent())
        .map(each ->
            "what is built as %s is not what an earlier step worked on".formatted(each.getKey()))
        .findFirst();
  }

  /** Files that are not as the step that wrote them left them. */
  List<String> changed(RoundFolder folder, Set<String> butNot) {
    Map<String, String> now = hashes(folder);
    Map<String, String> then = files();
    Set<String> names = new LinkedHashSet<>(then.keySet());
    return names.stream()
        .filter(name -> !butNot.contains(name))
        .filter(name -> !then.getOrDefault(name, "").equals(now.getOrDefault(name, "")))
        .toList();
  }

  /**
   * Why base and {@code best} were not judged, raced and looked at as one; empty where they were.
   */
  Optional<String> gap(String best) {
    Map<Step, List<String>> needed = new LinkedHashMap<>();
    needed.put(Step.BASELINE, List.of(RaceResult.BASE));
    needed.put(Step.LIGHT, List.of(best));
    needed.put(Step.RACE, List.of(RaceResult.BASE, best));
    needed.put(Step.FULL, List.of(best));
    needed.put(Step.CONFIRM, List.of(RaceResult.BASE, best));
    needed.put(Step.REPROFILE, List.of(best));
    for (Map.Entry<Step, List<String>> each : needed.entrySet()) {
      Map<String, String> built = link(each.getKey()).map(Link::built).orElse(Map.of());
      for (String name : each.getValue()) {
        String hash = built.getOrDefault(name, "");
        if (hash.isEmpty() || !hash.equals(built(name).orElse(""))) {
          return Optional.of(
              "step %s did not work on the %s that the others did"
                  .formatted(each.getKey().label(), name));
        }
      }
    }
    return Optional.empty();
  }

  private static Map<String, String> hashes(RoundFolder folder) {
    Map<String, String> hashes = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder.path())) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = folder.path().relativize(file).toString();
        if (!NOT_HELD.contains(name) && !name.endsWith(".tmp")) {
          hashes.put(name, Seal.hash(Files.readAllBytes(file)));
        }
      }
    } catch (IOException e) {
      throw new gyre.lab.LabException("cannot read " + folder.path() + ": " + e.getMessage(), e);
    }
    return hashes;
  }
}
