package gyre.http.files;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Small files in memory, on one loop: the least recently used ones go when it is full. */
final class FileCache {
  private final long limitBytes;
  private final LinkedHashMap<String, Stored> files = new LinkedHashMap<>(16, 0.75f, true);
  private long heldBytes;

  FileCache(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  @Nullable Stored get(String name) {
    return files.get(name);
  }

  void put(Stored file) {
    remove(file.name);
    if (file.heldBytes() > limitBytes) {
      return;
    }
    Stored ignored = files.put(file.name, file);
    heldBytes += file.heldBytes();
    Iterator<Map.Entry<String, Stored>> oldest = files.entrySet().iterator();
    while (heldBytes > limitBytes) {
      heldBytes -= oldest.next().getValue().heldBytes();
      oldest.remove();
    }
    assert heldBytes >= 0 : heldBytes;
  }

  void remove(String name) {
    Stored known = files.remove(name);
    if (known != null) {
      heldBytes -= known.heldBytes();
    }
  }

  long heldBytes() {
    return heldBytes;
  }
}
