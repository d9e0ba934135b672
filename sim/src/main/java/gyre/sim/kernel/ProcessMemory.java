package gyre.sim.kernel;

import gyre.engine.Errno;
import gyre.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * What a process has mapped. Memory that is unmapped is filled with poison and stays, so that who
 * uses it all the same sees nonsense instead of bringing down the simulation.
 */
final class ProcessMemory {
  private static final byte POISON = (byte) 0xDD;
  private static final int SLAB_BYTES = 8192;

  /** It lives as long as anybody refers to this. */
  private final Map<Long, MemorySegment> mapped = new HashMap<>();

  private final Map<Long, MemorySegment> unmapped = new HashMap<>();
  private MemorySegment slab = Arena.ofAuto().allocate(SLAB_BYTES, 8);
  private long slabUsed;

  /** For good. */
  long allocate(long bytes) {
    long aligned = (bytes + 7) & -8;
    if (aligned > SLAB_BYTES) {
      return map(aligned);
    }
    if (slabUsed + aligned > SLAB_BYTES) {
      unmapped.put(slab.address(), slab); // keeps it
      slab = Arena.ofAuto().allocate(SLAB_BYTES, 8);
      slabUsed = 0;
    }
    long address = slab.address() + slabUsed;
    slabUsed += aligned;
    return address;
  }

  long map(long bytes) {
    MemorySegment memory = Arena.ofAuto().allocate(bytes, 64);
    mapped.put(memory.address(), memory);
    return memory.address();
  }

  /** 0 or -errno. Only whole mappings are given back here. */
  int unmap(long address, long bytes) {
    MemorySegment memory = mapped.get(address);
    if (memory == null || memory.byteSize() != bytes) {
      return Errno.EINVAL.negated();
    }
    mapped.remove(address);
    Memory.fill(address, bytes, POISON);
    unmapped.put(address, memory);
    return 0;
  }

  /** Bytes of what was mapped and not given back. */
  long mappedBytes() {
    return mapped.values().stream().mapToLong(MemorySegment::byteSize).sum();
  }
}
