package planted.gyre.engine;

import planted.gyre.Loop;

public interface Engine {
  Loop pointsUp();
}
