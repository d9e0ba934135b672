package gyre.sim.engine;

import gyre.engine.DirectoryVisitor;
import gyre.engine.Errno;
import gyre.engine.WatchCalls;
import java.nio.file.Path;

/** Tells nobody of changes, so that who watches looks at the simulated disk from time to time. */
final class SimWatches implements WatchCalls {
  private static final long RACY_NANOS = DirectoryVisitor.RACY_MILLIS * 1_000_000;

  private final SimFiles files;

  SimWatches(SimFiles files) {
    this.files = files;
  }

  @Override
  public int list(Path directory, DirectoryVisitor visitor) {
    Disk disk = files.disk();
    Disk.Place place = disk.find(disk.root(), directory.toString(), true, false);
    DiskNode node = place.node();
    if (node == null || !node.isDirectory()) {
      return node == null ? place.errorIfMissing() : Errno.ENOTDIR.negated();
    }
    node.children.forEach((name, child) -> visitor.found(name, child.isDirectory(), stamp(child)));
    return 0;
  }

  private long stamp(DiskNode node) {
    long stamp = (node.modifiedNanos * 31 + node.size()) * 31 + node.inode;
    boolean isRacy = files.nowNanos() - node.modifiedNanos < RACY_NANOS;
    return stamp * 2 + (isRacy ? 1 : 0);
  }
}
