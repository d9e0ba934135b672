package gyre.balancer.choice;

import java.util.random.RandomGenerator;

/** Chooses a target for a connection. One of them belongs to one loop, and to one pool there. */
public sealed interface Chooser
    permits RoundRobin, SmoothWeighted, LeastConnections, TwoChoices, SourceHash, HashRing, Maglev {
  /**
   * Chooses one of those that are open.
   *
   * @param ballot what can be chosen
   * @param key a hash of the client's address; the same client has the same key
   * @return an index of the ballot whose weight is above 0, or {@link Ballot#NONE} if there is none
   */
  int choose(Ballot ballot, long key, RandomGenerator random);
}
