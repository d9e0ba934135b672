package gyre.queue;

import java.nio.file.Path;

/**
 * An entry that this worker has taken.
 *
 * @param name what it was called in {@code pending/}
 * @param file where it is now, in {@code processing/}
 * @param isReplay it was there already when the worker started: it may be what ended the last one
 */
record Claim(EntryName name, Path file, Entry entry, boolean isReplay) {}
