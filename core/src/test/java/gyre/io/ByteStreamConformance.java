package gyre.io;

/**
 * What every kind of {@link ByteStream} does, on every engine. A new kind extends this. Each class
 * of the chain below it has one topic.
 */
public abstract class ByteStreamConformance extends StreamSourcesConformance {}
