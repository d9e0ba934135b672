package gyre.sim.engine;

import gyre.engine.FileStatus;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The file system of a machine, in memory.
 *
 * <p>What was written is in the page cache, and what was synced on the device: a crash of the host
 * takes the difference away. A file and its name in a directory are synced apart, as on real disks.
 */
final class Disk {
  /** A file or directory. */
  static final class Node {
    final long inode;
    final boolean isDirectory;
    int permissions;
    long modifiedNanos;
    long changedNanos;

    private byte[] content = {};
    private int size;

    /** What survives a crash; null for a directory. */
    private byte[] durable = {};

    final Map<String, Node> children = new TreeMap<>();
    private Map<String, Node> durableChildren = new TreeMap<>();

    Node(long inode, boolean isDirectory, int permissions) {
      this.inode = inode;
      this.isDirectory = isDirectory;
      this.permissions = permissions;
    }

    int size() {
      return size;
    }

    int read(long offset, byte[] into, int length) {
      int count = (int) Math.max(0, Math.min(length, size - offset));
      if (count > 0) {
        System.arraycopy(content, (int) offset, into, 0, count);
      }
      return count;
    }

    void write(long offset, byte[] from, int length) {
      int end = Math.toIntExact(offset + length);
      if (end > content.length) {
        content = Arrays.copyOf(content, Math.max(end, content.length * 2));
      }
      System.arraycopy(from, 0, content, (int) offset, length);
      size = Math.max(size, end);
    }

    void truncate() {
      Arrays.fill(content, 0, size, (byte) 0);
      size = 0;
    }

    void sync() {
      durable = Arrays.copyOf(content, size);
      durableChildren = new TreeMap<>(children);
    }

    private void crash() {
      content = durable.clone();
      size = content.length;
      children.clear();
      children.putAll(durableChildren);
      children.values().forEach(Node::crash);
    }

    void fill(FileStatus into) {
      into.mode = (isDirectory ? FileStatus.DIRECTORY : FileStatus.REGULAR) | permissions;
      into.sizeBytes = size;
      into.modifiedNanos = modifiedNanos;
      into.changedNanos = changedNanos;
      into.inode = inode;
      into.device = 1;
      into.links = 1;
      into.user = 0;
      into.group = 0;
      into.allocatedBytes = (size + 511L) / 512 * 512;
      into.blockBytes = 4096;
    }
  }

  private final Node root;
  private long nextInode = 2;

  Disk() {
    root = new Node(1, true, 0755);
    Node temporary = new Node(nextInode++, true, 0777);
    root.children.put("tmp", temporary);
    root.sync();
  }

  Node root() {
    return root;
  }

  Node create(boolean isDirectory, int permissions, long nowNanos) {
    Node node = new Node(nextInode++, isDirectory, permissions);
    node.modifiedNanos = nowNanos;
    node.changedNanos = nowNanos;
    return node;
  }

  /** The host has crashed: what was not synced is gone. */
  void crash() {
    root.crash();
  }

  /** Null if there is nothing. */
  @Nullable Node find(Node from, String path) {
    Node node = path.startsWith("/") ? root : from;
    for (String name : path.split("/", -1)) {
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      Node child = node.isDirectory ? node.children.get(name) : null;
      if (child == null) {
        return null;
      }
      node = child;
    }
    return node;
  }

  /** The part of a path before its last name; null if there is no such directory. */
  @Nullable Node parent(Node from, String path) {
    int slash = path.lastIndexOf('/');
    Node parent = slash < 0 ? from : find(from, path.substring(0, slash + 1));
    return parent != null && parent.isDirectory ? parent : null;
  }

  static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
