package gyre.queue;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link QueueHandler} is given.
 *
 * @param id the same at each attempt: pass it on as idempotency key where the work has effects
 *     outside of the queue, since a crash may have it done again
 * @param payload maps, lists, strings, numbers, booleans, null
 * @param attempt 1 the first time
 */
public record QueueTask(
    String id,
    String operation,
    @Nullable Object payload,
    Map<String, @Nullable Object> metadata,
    int attempt) {}
