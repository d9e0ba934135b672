package gyre;

import gyre.engine.Block;
import gyre.engine.BlockPool;
import gyre.engine.Vector;
import gyre.io.ByteQueue;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What an echo costs between the completion of its receive and the submission of its send. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ByteQueueBenchmark {
  @Param({"64", "16384"})
  int bytes;

  private BlockPool pool;
  private ByteQueue in;
  private ByteQueue out;
  private Vector vector;
  private Block block;
  private byte[] message;

  @Setup
  public void open() {
    pool = new BlockPool(1 << 20);
    in = new ByteQueue(pool);
    out = new ByteQueue(pool);
    vector = new Vector(Arena.global().allocate(16L * Vector.CAPACITY, 8).address());
    block = pool.take(bytes);
    message = new byte[bytes];
  }

  @TearDown
  public void close() {
    in.clear();
    out.clear();
    block.release();
    pool.close();
  }

  /** A received slice is appended, moved to the output, gathered for the kernel and drained. */
  @Benchmark
  public long echo() {
    block.retain();
    in.append(block, 0, bytes);
    out.append(in);
    vector.clear();
    out.gather(vector);
    long sent = vector.bytes();
    out.drain(sent);
    return sent;
  }

  /** The same with a copy from the heap. */
  @Benchmark
  public long writeFromArray() {
    out.append(message);
    vector.clear();
    out.gather(vector);
    long sent = vector.bytes();
    out.drain(sent);
    return sent;
  }
}
