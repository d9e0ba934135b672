package gyre.balancer.choice;

import java.util.random.RandomGenerator;

/**
 * By the client's hash, modulo the weights of those that can be chosen: even, but most clients move
 * when a target comes or goes.
 */
final class SourceHash implements Chooser {
  @Override
  public int choose(Ballot ballot, long key, RandomGenerator random) {
    long total = ballot.totalWeight();
    return total == 0
        ? Ballot.NONE
        : ballot.atWeight(Long.remainderUnsigned(Hashes.mix(key), total));
  }
}
