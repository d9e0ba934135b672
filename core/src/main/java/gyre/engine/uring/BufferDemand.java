package gyre.engine.uring;

/**
 * How many buffers the kernel should have at hand.
 *
 * <p>Few at first, because memory that takes its turn often stays in the caches. Each time the
 * kernel runs out of them it gets twice as many, up to the limit. A burst does that too, and is
 * over: when for long not even half of them were used between two times of replenishing, half as
 * many are enough.
 */
final class BufferDemand {
  /** So many buffers are used before it is looked whether fewer would have done. */
  static final int REVIEW_AFTER = 4096;

  private final int least;
  private final int limit;
  private int target;

  /** Used since they were replenished last; the most of that, and all, since the last review. */
  private int used;

  /**
   * It has grown since they were replenished last: who finds none now tells of the same shortage.
   */
  private boolean hasGrown;

  private int usedAtMost;
  private int usedSinceReview;

  BufferDemand(int initial, int limit) {
    assert initial > 0 && limit > 0;
    this.least = Math.min(initial, limit);
    this.limit = limit;
    this.target = least;
  }

  int target() {
    return target;
  }

  /** The kernel ran out of them. False at the limit. */
  boolean grow() {
    assert !hasGrown : "one shortage was counted twice";
    hasGrown = true;
    if (target >= limit) {
      return false;
    }
    target = Math.min(2 * target, limit);
    beginReview();
    return true;
  }

  /** The kernel is through with one. */
  void use() {
    used++;
    usedSinceReview++;
  }

  /** It is about to get as many as it should have. */
  void replenish() {
    usedAtMost = Math.max(usedAtMost, used);
    used = 0;
    hasGrown = false;
    if (usedSinceReview >= REVIEW_AFTER) {
      if (usedAtMost < target / 2 && target > least) {
        target = Math.max(target / 2, least);
      }
      beginReview();
    }
  }

  private void beginReview() {
    usedAtMost = 0;
    usedSinceReview = 0;
  }
}
