package gyre.lab.gates;

import gyre.lab.peer.NativePeers;
import gyre.lab.peer.Peer;
import java.util.List;

/**
 * Programs in C that gates need.
 *
 * @param generator its command; empty where there is none, and then the reason says why
 * @param reference what CPU time is compared with, likewise
 */
public record GatePrograms(
    List<String> generator,
    String generatorReason,
    List<String> reference,
    String referenceReason) {
  /** Where no gate needs load. */
  public static final GatePrograms NONE =
      new GatePrograms(List.of(), "not needed", List.of(), "is not needed");

  private static final String REFERENCE = "c-uring";

  public GatePrograms {
    generator = List.copyOf(generator);
    reference = List.copyOf(reference);
  }

  /** Of those that were built. */
  @SuppressWarnings("exports") // for the lab itself
  public static GatePrograms of(NativePeers natives) {
    return natives.peers().stream()
        .filter(peer -> peer.name().equals(REFERENCE))
        .findFirst()
        .map(peer -> with(natives, peer))
        .orElse(
            new GatePrograms(
                natives.generator(),
                natives.generatorReason(),
                List.of(),
                "is not built: " + natives.generatorReason()));
  }

  private static GatePrograms with(NativePeers natives, Peer peer) {
    return new GatePrograms(
        natives.generator(), natives.generatorReason(), peer.command(), peer.reason());
  }
}
