package gyre.terminal;

/** Something that draws itself into the area that it is given. */
@FunctionalInterface
public interface Widget {
  void draw(Area area);
}
