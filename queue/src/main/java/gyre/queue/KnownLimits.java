package gyre.queue;

/**
 * How many entries a worker knows at a time; the directory has the others.
 *
 * @param perLevel of a priority
 * @param parkedPerLevel of a kind and a priority, while they wait for the limits of the kind
 */
record KnownLimits(int perLevel, int parkedPerLevel) {
  static final KnownLimits USUAL = new KnownLimits(32_768, 8192);
}
