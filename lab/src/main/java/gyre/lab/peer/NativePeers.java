package gyre.lab.peer;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import gyre.lab.LabException;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code lab/peers/build} left behind: the load generator, and each peer that is not Java.
 *
 * @param generator its command, or empty
 */
public record NativePeers(List<String> generator, String generatorReason, List<Peer> peers) {

  /** Reads {@code status.json}. */
  public static NativePeers parse(String json) {
    try {
      JsonObject status = JsonParser.object().from(json);
      JsonObject generator = status.getObject("generator", new JsonObject());
      List<Peer> peers = new ArrayList<>();
      for (Object peer : status.getArray("peers", new JsonArray())) {
        peers.add(peer((JsonObject) peer));
      }
      return new NativePeers(
          strings(generator.getArray("argv", new JsonArray())),
          generator.getString("reason", "not built"),
          List.copyOf(peers));
    } catch (JsonParserException | ClassCastException e) {
      throw new LabException("lab/target/peers/status.json is damaged: run lab/peers/build", e);
    }
  }

  /** Nothing at all, for one reason. */
  public static NativePeers none(String reason) {
    return new NativePeers(List.of(), reason, List.of());
  }

  private static Peer peer(JsonObject peer) {
    String name = peer.getString("name", "?");
    List<String> command = strings(peer.getArray("argv", new JsonArray()));
    if (command.isEmpty()) {
      return Peer.absent(name, peer.getString("reason", "not built"));
    }
    List<String> modes = strings(peer.getArray("modes", new JsonArray()));
    String version = peer.getString("version", "");
    return new Peer(name, Peer.Platform.NATIVE, command, modes, version, "");
  }

  private static List<String> strings(JsonArray array) {
    return array.stream().map(Object::toString).toList();
  }
}
