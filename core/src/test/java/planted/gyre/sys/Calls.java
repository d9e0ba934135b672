package planted.gyre.sys;

public final class Calls {}
