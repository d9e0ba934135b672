package gyre.http.client;

import gyre.io.ByteQueue;

/** What all kinds of bodies do the same way. */
final class Bodies {
  private Bodies() {}

  static byte[] readAll(ClientBody body) {
    try (ByteQueue all = ByteQueue.create(Integer.MAX_VALUE)) {
      while (body.await(1)) {
        all.append(body.input());
      }
      return all.take(Math.toIntExact(all.size()));
    }
  }
}
