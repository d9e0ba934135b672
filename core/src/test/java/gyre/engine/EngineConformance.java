package gyre.engine;

/**
 * Everything that the seam promises, for one engine. A subclass says which, and what that engine
 * does without.
 */
public abstract class EngineConformance extends NameConformance {}
