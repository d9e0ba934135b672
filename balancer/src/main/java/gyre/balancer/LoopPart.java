package gyre.balancer;

import gyre.Loop;
import gyre.balancer.choice.Algorithm;
import gyre.balancer.choice.Ballot;
import gyre.balancer.choice.Chooser;
import gyre.balancer.choice.Hashes;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a balancer has once for each loop: choosers with their state, and room for a choice. */
final class LoopPart {
  /** Those of a pool, one for each tier: a table made for one would be made anew for the other. */
  private static final class Choosing {
    final Algorithm algorithm;
    final @Nullable Chooser[] byTier = new @Nullable Chooser[Pool.TIERS];

    Choosing(Algorithm algorithm) {
      this.algorithm = algorithm;
    }

    Chooser of(int tier) {
      Chooser known = byTier[tier];
      if (known == null) {
        known = algorithm.create();
        byTier[tier] = known;
      }
      return known;
    }
  }

  private final Loop loop;
  private final Ballot ballot = new Ballot();
  private final IdentityHashMap<Pool, Choosing> choosers = new IdentityHashMap<>();
  private final List<RelayWatch> watches = new ArrayList<>();
  private int tier;

  LoopPart(Loop loop) {
    this.loop = loop;
  }

  Loop loop() {
    return loop;
  }

  long nanoTime() {
    return loop.nanoTime();
  }

  Instant now() {
    return loop.clock().instant();
  }

  Ballot ballot() {
    return ballot;
  }

  RandomGenerator random() {
    return loop.random();
  }

  /** For the choice that is prepared. */
  void tier(int value) {
    tier = value;
  }

  Chooser chooser(Pool pool) {
    Algorithm wanted = pool.config().algorithm();
    Choosing known = choosers.get(pool);
    if (known == null || known.algorithm != wanted) {
      known = new Choosing(wanted);
      choosers.put(pool, known);
    }
    return known.of(tier);
  }

  /** For how many pools it has choosers. On its loop. */
  int choosers() {
    return choosers.size();
  }

  /** Pools that are gone need no chooser. */
  void forget(Pool pool) {
    choosers.remove(pool);
  }

  /** For connections that begin by these rules. Those of former rules go when they are not used. */
  RelayWatch watch(ListenConfig listen) {
    for (RelayWatch each : watches) {
      if (each.isFor(listen)) {
        return each;
      }
    }
    watches.removeIf(RelayWatch::closeIfIdle);
    RelayWatch made = new RelayWatch(loop, listen);
    watches.add(made);
    return made;
  }

  /** The same for the same client. */
  long key(@Nullable InetAddress client) {
    return client == null ? loop.random().nextLong() : Hashes.of(client.getAddress());
  }
}
